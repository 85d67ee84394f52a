/** One line of the timeline. */
export interface TimelineEvent {
  /** Unix milliseconds. */
  readonly at: number;
  /** Which part did it: prometheus, receiver, host … */
  readonly who: string;
  readonly what: string;
  readonly tone?: Tone;
}

/** How a line stands out where colours are shown. */
export type Tone = 'good' | 'bad' | 'plain';

/** The story of a drill, told while it happens. */
export interface Timeline {
  readonly events: readonly TimelineEvent[];
  /** Where the clock stands at zero, in Unix milliseconds; undefined before the first event. */
  readonly start: number | undefined;
  /** From here on the clock counts; without it, from the first event. */
  restart(at?: number): void;
  add(who: string, what: string, options?: { at?: number; tone?: Tone }): void;
}

/** Where lines go: a terminal, or anything that takes text. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const COLOURS: Readonly<Record<Tone, string>> = { good: '\x1b[32m', bad: '\x1b[31m', plain: '' };
const DIM = '\x1b[2m';
const RESET = '\x1b[0m';

/** Wide enough for every name the drill uses, so that the columns stand still. */
const WHO_WIDTH = 13;

/**
 * A timeline that writes each event as a line: `+  2.31 s  prometheus     PrimaryDown fires`.
 * Colours appear only on a terminal, and not if NO_COLOR is set.
 */
export function createTimeline(output: Output, env: Readonly<NodeJS.ProcessEnv> = process.env): Timeline {
  const coloured = output.isTTY === true && !env.NO_COLOR;
  const events: TimelineEvent[] = [];
  let start: number | undefined;
  return {
    events,
    get start() {
      return start;
    },
    restart(at = Date.now()) {
      start = at;
    },
    add(who, what, { at = Date.now(), tone = 'plain' } = {}) {
      start ??= at;
      const event = { at, who, what, tone };
      events.push(event);
      output.write(`${formatEvent(event, start, coloured)}\n`);
    },
  };
}

/** One event as a line of text, without the line's end. Control characters become spaces. */
export function formatEvent(
  { at, who, what, tone = 'plain' }: TimelineEvent,
  start: number,
  coloured = false,
): string {
  const seconds = (at - start) / 1000;
  const clock = `${seconds < 0 ? '-' : '+'}${Math.abs(seconds).toFixed(2).padStart(7)} s`;
  const text = what.replace(/\p{Cc}+/gu, ' ').trim();
  const name = who.padEnd(WHO_WIDTH);
  if (!coloured) return `${clock}  ${name}  ${text}`;
  return `${DIM}${clock}${RESET}  ${name}  ${COLOURS[tone]}${text}${COLOURS[tone] === '' ? '' : RESET}`;
}
