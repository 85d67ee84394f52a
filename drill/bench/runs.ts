import { type Account, isGood, type RequestResult } from '../load/account.ts';
import type { Sample } from '../report/plot/samples.ts';
import type { Phases } from '../verify/phases.ts';
import type { PlannedRun } from './plan.ts';

/** What one run measured. */
export interface Run extends PlannedRun {
  readonly requests: Account;
  readonly recoverySeconds: number;
  /** When the primary could serve again, in seconds since the fault. */
  readonly repairedSeconds: number;
  /** POSTs under way while the fault struck: nobody can save all of them. */
  readonly postsInFlight: number;
  /** Of configs with a control plane: what it did. */
  readonly control: ControlRecord | undefined;
  /** Every request without a good answer, to be looked into. */
  readonly losses: readonly Loss[];
  readonly samples: readonly Sample[];
}

/** A request without a good answer. */
export interface Loss {
  readonly method: string;
  /** When it was due and when it ended, in seconds since the fault. */
  readonly due: number;
  readonly ended: number;
  /** The status that it was answered with, or the error. */
  readonly answer: string;
}

export interface ControlRecord {
  /** By how much the epoch had grown when all was over: 2 for a failover and the way back. */
  readonly epochs: number;
  /** Absent if the standby was not started. */
  readonly phases?: Phases;
  /**
   * What cannot be saved: the round trips, and the start or thaw of the container until its first healthy answer; without
   * a wake, the dispatch of the start too.
   */
  readonly floorSeconds?: number;
}

/** A run that came to no result. */
export interface FailedRun extends PlannedRun {
  readonly error: string;
}

export type Outcome = Run | FailedRun;

export function isFailed(outcome: Outcome): outcome is FailedRun {
  return 'error' in outcome;
}

/** The runs that came to a result. */
export function measuredRuns(outcomes: readonly Outcome[]): Run[] {
  return outcomes.flatMap((outcome) => (isFailed(outcome) ? [] : [outcome]));
}

/** A run without its thousands of requests. */
export function brief(outcome: Outcome): object {
  if (isFailed(outcome)) return outcome;
  const { samples: _all, ...rest } = outcome;
  return rest;
}

/** The requests without a good answer. @param faultAt Unix milliseconds */
export function lossesOf(results: readonly RequestResult[], faultAt: number): Loss[] {
  return results
    .filter((result) => !isGood(result))
    .map(({ method, start, end, status, error }) => ({
      method,
      due: (start - faultAt) / 1000,
      ended: (end - faultAt) / 1000,
      answer: String(error ?? status),
    }));
}

/** POSTs that were under way at any moment from the beginning of the strike to its end. */
export function countPostsInFlight(
  results: readonly RequestResult[],
  strike: { readonly from: number; readonly until: number },
): number {
  return results.filter(
    ({ method, start, end }) => method === 'POST' && start <= strike.until && end >= strike.from,
  ).length;
}
