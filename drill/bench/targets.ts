import { type ConfigName, isShort } from './plan.ts';
import { phasesAddUp, type Row, type Spread } from './rows.ts';
import { isFailed, measuredRuns, type Outcome } from './runs.ts';

/** This system, in each way to sleep and to be woken; and its recovery after a crash, in seconds. */
const crashTargets: Partial<Record<ConfigName, Spread>> = {
  this: { median: 0.8, worst: 1.5 },
  frozen: { median: 0.45, worst: 0.8 },
  'no-line': { median: 2.5, worst: 4 },
};

/** The longest that anybody waits after a crash is the recovery, and so many seconds. */
const tailSeconds = 1;
/** The most that a recovery may take of what cannot be saved. */
const mostRatio = 1.5;

/** What this system was to reach and did not, one line each; empty if it reached everything. */
export function missedTargets(rows: readonly Row[], outcomes: readonly Outcome[]): string[] {
  const missed = rows.filter(({ config, runs }) => crashTargets[config] && runs > 0).flatMap(missedBy);
  const compared = rows.flatMap((row) => lostMoreThanHot(row, rows));
  const wrong = measuredRuns(outcomes).filter((run) => !phasesAddUp(run)).length;
  // A run that came to no result says nothing, and least of all that all is well.
  const failed = outcomes
    .filter(isFailed)
    .map(({ config, fault, error }) => `${config}, ${fault}: a run failed: ${error}`);
  return [
    ...missed,
    ...compared,
    ...failed,
    ...(wrong > 0 ? [`the phases of ${wrong} runs do not add up`] : []),
  ];
}

function missedBy(row: Row): string[] {
  const { config, fault, lostIdempotent, lostPost, postInFlight, executedTwice, recoverySeconds } = row;
  const lines: string[] = [];
  const want = (held: boolean, line: string) => {
    if (!held) lines.push(`${config}, ${fault}: ${line}`);
  };
  want(lostIdempotent === 0, `${lostIdempotent} idempotent requests were lost, expected 0`);
  want(executedTwice === 0, `${executedTwice} POSTs were executed twice, expected 0`);
  want(
    lostPost <= postInFlight,
    `${lostPost} POSTs were lost, expected at most the ${postInFlight} in flight at the fault`,
  );
  // Nothing dies in a stall, so nothing may be lost: not even a POST in flight.
  if (fault === 'stall') want(lostPost === 0, `${lostPost} POSTs were lost, expected 0`);
  if (isShort(fault)) {
    want(
      row.runsWithNewEpoch === 0,
      `${row.runsWithNewEpoch} of ${row.runs} runs recorded a move, expected none`,
    );
  }
  const target = crashTargets[config];
  if (fault === 'sigkill' && target) {
    for (const figure of ['median', 'worst'] as const) {
      const seconds = recoverySeconds[figure];
      want(
        seconds <= target[figure],
        `the ${figure} recovery took ${seconds.toFixed(2)} s, expected at most ${target[figure]} s`,
      );
    }
    const { slowestSeconds, floorSeconds } = row;
    const patience = recoverySeconds.worst + tailSeconds;
    want(
      slowestSeconds <= patience,
      `somebody waited for ${slowestSeconds.toFixed(2)} s, expected at most ${patience.toFixed(2)} s`,
    );
    const ratio = floorSeconds ? recoverySeconds.median / floorSeconds.median : 0;
    want(
      ratio <= mostRatio,
      `the recovery is ${ratio.toFixed(2)} times its floor, expected at most ${mostRatio}`,
    );
  }
  return lines;
}

/** Per run, because there are more runs of one than of the other. */
function lostMoreThanHot(row: Row, rows: readonly Row[]): string[] {
  const hot = rows.find(({ config, fault }) => config === 'hot' && fault === row.fault);
  if (row.config !== 'this' || row.runs === 0 || !hot || hot.runs === 0) return [];
  const lost = (one: Row) => (one.lostIdempotent + one.lostPost) / one.runs;
  if (lost(row) <= lost(hot)) return [];
  return [
    `this, ${row.fault}: ${lost(row).toFixed(2)} requests lost a run, expected no more than the hot standby's ${lost(hot).toFixed(2)}`,
  ];
}
