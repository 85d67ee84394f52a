/** How a terminal says moments and spans. */

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Whole seconds of a span such as `90s`, `30m`, `2h` or `1d`. @throws Error that says what was received and expected */
export function parseSpan(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (units[unit as keyof typeof units] ?? 0);
  if (seconds >= 1) return seconds;
  throw new Error(`received ${JSON.stringify(text)}, expected a span of time such as 90s, 30m, 2h or 1d`);
}

/** As {@link parseSpan}, for what the control plane keeps for a week at most (lambda/reconciler/nudge.ts). */
export function parsePause(text: string): number {
  const seconds = parseSpan(text);
  if (seconds <= 7 * units.d) return seconds;
  throw new Error(`received ${JSON.stringify(text)}, expected at most 7d`);
}

/** `0.4 s`, `12 s`, `4 min 20 s`, `2 h 5 min`, `3 d 4 h`: the two largest units. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(whole, 60, 'min', 's');
  if (whole < 86_400) return two(Math.round(whole / 60), 60, 'h', 'min');
  return two(Math.round(whole / 3600), 24, 'd', 'h');
}

function two(count: number, per: number, large: string, small: string): string {
  const rest = count % per;
  return `${Math.floor(count / per)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** `03:14:07 UTC (in 1 min 49 s)`. */
export const inTime = (at: number, now: number): string => `${moment(at, now)} (in ${span(at - now)})`;

/** The time of day in UTC, with the date if it is another one than `now`'s. */
export function moment(at: number, now: number): string {
  const text = new Date(at).toISOString();
  const day = text.slice(0, 10);
  const time = `${text.slice(11, 19)} UTC`;
  return day === new Date(now).toISOString().slice(0, 10) ? time : `${day} ${time}`;
}
