import { type Phases, phaseNames } from '../verify/phases.ts';
import { type ConfigName, configNames, type FaultName, faultNames } from './plan.ts';
import { measuredRuns, type Outcome, type Run } from './runs.ts';

/** All runs of one config with one fault. Requests are counted over failover and failback, summed up. */
export interface Row {
  readonly config: ConfigName;
  readonly fault: FaultName;
  /** Runs that came to a result. */
  readonly runs: number;
  /** Runs that did not. */
  readonly failedRuns: number;
  readonly lostIdempotent: number;
  readonly lostPost: number;
  /** POSTs under way while the fault struck. */
  readonly postInFlight: number;
  /** Lost for the client, but executed: part of the lost ones. */
  readonly indeterminate: number;
  /** POSTs only: repeating the others does no harm. */
  readonly executedTwice: number;
  readonly recoverySeconds: Spread;
  readonly slowestSeconds: number;
  /** Runs after which the epoch had changed; null without a control plane. */
  readonly runsWithNewEpoch: number | null;
  /** Of the run with the median recovery, so that they add up; null without a control plane. */
  readonly phases: Phases | null;
  readonly floorSeconds: Spread | null;
}

export interface Spread {
  readonly median: number;
  readonly worst: number;
}

/** One row for each config and fault that was run, in a fixed order. */
export function rowsOf(outcomes: readonly Outcome[]): Row[] {
  return configNames.flatMap((config) =>
    faultNames.flatMap((fault) => {
      const all = outcomes.filter((one) => one.config === config && one.fault === fault);
      return all.length === 0 ? [] : [rowOf(config, fault, all)];
    }),
  );
}

function rowOf(config: ConfigName, fault: FaultName, all: readonly Outcome[]): Row {
  const runs = measuredRuns(all);
  const total = (count: (run: Run) => number) => runs.reduce((sum, run) => sum + count(run), 0);
  const controls = runs.flatMap(({ control }) => control ?? []);
  const floors = controls.flatMap(({ floorSeconds }) => floorSeconds ?? []);
  return {
    config,
    fault,
    runs: runs.length,
    failedRuns: all.length - runs.length,
    lostIdempotent: total(({ requests }) => requests.idempotent.lost),
    lostPost: total(({ requests }) => requests.nonIdempotent.lost),
    postInFlight: total(({ postsInFlight }) => postsInFlight),
    indeterminate: total(({ requests }) => requests.indeterminate),
    executedTwice: total(({ requests }) => requests.executedTwice),
    recoverySeconds: spread(runs.map((run) => run.recoverySeconds)),
    slowestSeconds: Math.max(0, ...runs.map(({ requests }) => requests.slowestSeconds)),
    runsWithNewEpoch: controls.length === 0 ? null : controls.filter(({ epochs }) => epochs !== 0).length,
    phases: medianRun(runs)?.control?.phases ?? null,
    floorSeconds: floors.length === 0 ? null : spread(floors),
  };
}

/** The middle and the greatest; of an even number the mean of the two in the middle. NaN for none. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, worst: at(sorted.length - 1) };
}

/** The run whose recovery is the median; the slower of the two in the middle of an even number. */
export function medianRun(runs: readonly Run[]): Run | undefined {
  const sorted = [...runs].sort((a, b) => a.recoverySeconds - b.recoverySeconds);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Whether the phases of a run are the whole of its recovery, to the millisecond. */
export function phasesAddUp({ control, recoverySeconds }: Run): boolean {
  if (!control?.phases) return true;
  const { phases } = control;
  const sum = phaseNames.reduce((total, name) => total + phases[name], 0);
  return Math.abs(sum - recoverySeconds) < 0.001;
}
