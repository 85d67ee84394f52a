import { DrillError } from '../../kit/errors.ts';

/** When a schedule fires next: Unix milliseconds, strictly after the moment given. */
export type NextTime = (afterMs: number) => number;

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Compiles an EventBridge schedule: `rate(5 minutes)`, or `cron(0 10 ? * 2 *)` with numbers, lists, ranges
 * and steps, in UTC. A rate counts from the creation of its rule.
 * @param createdMs creation of the rule, Unix milliseconds
 * @throws DrillError for an expression that the drill does not know
 */
export function compileSchedule(expression: string, where: string, createdMs: number): NextTime {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) {
    const period = Number(rate[1]) * (UNIT_MS[rate[2] ?? ''] ?? Number.NaN);
    if (period > 0) return (after) => createdMs + (Math.floor((after - createdMs) / period) + 1) * period;
  }
  const fields = /^cron\((.*)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  if (fields?.length === 6) return cron(fields, `${where}: ${expression}`);
  throw new DrillError(
    `${where} has the schedule ${JSON.stringify(expression)}; the drill knows rate(5 minutes) and cron with six fields; correct it in lib/`,
  );
}

const RANGES: readonly (readonly [number, number])[] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [1, 7],
  [1970, 2199],
];

function cron(fields: readonly string[], where: string): NextTime {
  const allowed = fields.map((field, index) => parseField(field, RANGES[index] ?? [0, 0], where));
  const fits = (time: Date): boolean => {
    // AWS counts the days of the week from 1, Sunday.
    const parts = [
      time.getUTCMinutes(),
      time.getUTCHours(),
      time.getUTCDate(),
      time.getUTCMonth() + 1,
      time.getUTCDay() + 1,
      time.getUTCFullYear(),
    ];
    return parts.every((part, index) => allowed[index]?.has(part));
  };
  return (after) => {
    const minute = UNIT_MS.minute ?? 60_000;
    const start = (Math.floor(after / minute) + 1) * minute;
    // A year of minutes takes a few milliseconds to search; nothing rarer makes sense in a drill.
    for (let time = start; time < start + 366 * 24 * 60 * minute; time += minute) {
      if (fits(new Date(time))) return time;
    }
    throw new DrillError(`${where} does not fire within a year; correct it in lib/`);
  };
}

function parseField(field: string, [low, high]: readonly [number, number], where: string): Set<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(?:(\*|\?)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match)
      throw new DrillError(
        `${where} has the field ${part}, which the drill does not know; use numbers, lists, ranges and steps`,
      );
    const [, any, first, last, step] = match;
    const from = any ? low : Number(first);
    const to = any || (step && !last) ? high : Number(last ?? first);
    for (let value = from; value <= to; value += Number(step ?? 1)) {
      if (value < low || value > high)
        throw new DrillError(`${where} has ${value}, which is outside ${low} to ${high}`);
      values.add(value);
      if (Number(step) === 0) throw new DrillError(`${where} has a step of 0`);
    }
  }
  return values;
}
