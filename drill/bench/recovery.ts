import { isGood, type RequestResult } from '../load/account.ts';

/** From the fault to the repair, in Unix milliseconds. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

/** A silence shorter than this is a hiccup of the machine, not an outage; milliseconds. */
const PAUSE_MS = 200;
/** At low rates a silence must span this many requests, or it would be nothing but the gap between two. */
const PAUSE_REQUESTS = 5;

/** The definition in one sentence, for those who read the figures. */
export const recoveryDefinition =
  'Recovery: seconds from the fault to the first good answer (2xx) after which, until the repair, no further ' +
  'request was lost and good answers never again paused for a fifth of a second; 0 if neither ever happened. ' +
  'For parked requests that is the first answer of the standby.';

/**
 * How long clients were not served well, counted from the fault. The later of two moments:
 * the end of the last pause in good answers, and the first good answer to a request that was due after the
 * last one that was lost. So a lucky answer in the middle of an outage does not end it, and a client whose
 * old request hangs on does not prolong it for all others.
 *
 * @returns seconds; 0 if nobody noticed anything; Infinity if service had not come back by the last result
 */
export function recoverySeconds(
  results: readonly RequestResult[],
  window: Window,
  requestsPerSecond: number,
): number {
  const moments = [endOfLastPause(results, window, requestsPerSecond), answerAfterLastLoss(results, window)];
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? 0 : Math.max(0, Math.max(...known) - window.from) / 1000;
}

function endOfLastPause(
  results: readonly RequestResult[],
  { from, until }: Window,
  requestsPerSecond: number,
): number | undefined {
  const limit = Math.max(PAUSE_MS, (PAUSE_REQUESTS * 1000) / requestsPerSecond);
  const ends = results
    .filter(isGood)
    .map(({ end }) => end)
    .sort((a, b) => a - b);
  let last: number | undefined;
  let previous = from;
  for (const end of [...ends, Number.POSITIVE_INFINITY]) {
    if (end < from) continue;
    // What happens after the repair belongs to the way back.
    if (previous >= until) break;
    // Traffic that was still unanswered at its end; silence because nobody asked any more is no pause.
    const isPause = end === Number.POSITIVE_INFINITY ? previous + limit < until : end - previous >= limit;
    if (isPause) last = end;
    previous = end;
  }
  return last;
}

function answerAfterLastLoss(results: readonly RequestResult[], { from, until }: Window): number | undefined {
  const isWithin = ({ start }: RequestResult) => start >= from && start < until;
  const lost = results.filter((one) => isWithin(one) && !isGood(one)).map(({ start }) => start);
  if (lost.length === 0) return undefined;
  const lastLost = lost.reduce((a, b) => Math.max(a, b));
  return results
    .filter((one) => isGood(one) && one.start > lastLost)
    .reduce((first, { end }) => Math.min(first, end), Number.POSITIVE_INFINITY);
}
