import type { TimeAxis } from '../plot/scale.ts';
import type { ReportData } from './report-data.ts';

/** What is shown of the time before the clock's zero, in seconds. */
const BEFORE = 2;
/** What the close look shows after clients are answered again, in seconds. */
const AFTER_RECOVERY = 5;

/** From shortly before the clock's zero to the last thing that happened. */
export function wholeRun({
  start,
  events,
  results,
}: Pick<ReportData, 'start' | 'events' | 'results'>): TimeAxis {
  const moments = [...events.map(({ at }) => at), ...results.map(({ end }) => end)];
  const began = [...events.map(({ at }) => at), ...results.map((one) => one.start)];
  const last = moments.reduce((latest, at) => Math.max(latest, at), start + 1000);
  const first = began.reduce((earliest, at) => Math.min(earliest, at), start);
  return {
    from: Math.max(-BEFORE, Math.floor((first - start) / 1000)),
    until: Math.ceil((last - start) / 1000),
  };
}

/** The failover by itself, where it is a small part of the run. */
export function closeLook({ measured }: Pick<ReportData, 'measured'>, whole: TimeAxis): TimeAxis | undefined {
  if (!measured) return undefined;
  const until = Math.ceil(measured.failover.recoverySeconds) + AFTER_RECOVERY;
  return until * 2 < whole.until ? { from: Math.max(whole.from, -1), until } : undefined;
}

const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600] as const;

/** Round moments of the axis, at most `most` of them, in seconds. */
export function ticksOf({ from, until }: TimeAxis, most: number): number[] {
  const step = steps.find((one) => (until - from) / one <= most) ?? until - from;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((until - first) / step) + 1 }, (_, index) => first + index * step);
}

const bins = [0.1, 0.2, 0.5, 1, 2, 5, 10] as const;
const MOST_BINS = 400;
/** Fewer requests than this in a step would make the line jump. */
const REQUESTS_PER_BIN = 5;

/** How long a step of the plot is, in seconds. */
export function binSecondsFor({ from, until }: TimeAxis, requestsPerSecond: number): number {
  const fits = (seconds: number) =>
    (until - from) / seconds <= MOST_BINS && seconds * requestsPerSecond >= REQUESTS_PER_BIN;
  return bins.find(fits) ?? 10;
}
