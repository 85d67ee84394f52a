import type { TimelineEvent } from '../../kit/timeline.ts';
import type { Account, RequestResult } from '../../load/account.ts';
import type { Scenario } from '../../scenarios/support/scenario.ts';
import type { Check } from '../../verify/check.ts';
import type { Measured } from '../../verify/measured.ts';
import type { Fact } from '../facts.ts';

/** All that the report of a run shows. Nothing in it is HTML. */
export interface ReportData {
  readonly scenario: Pick<Scenario, 'name' | 'breaks' | 'expected'>;
  /** Where the clock stands at zero, in Unix milliseconds: the fault, where there was one. */
  readonly start: number;
  readonly events: readonly TimelineEvent[];
  readonly requestsPerSecond: number;
  /** Every request that ended; none if the run had no clients. */
  readonly results: readonly RequestResult[];
  readonly account: Account;
  /** Of the run that measures a failover and the way back. */
  readonly measured: Pick<Measured, 'failover' | 'failback'> | undefined;
  readonly checks: readonly Check[];
  readonly components: readonly Component[];
  readonly facts: readonly Fact[];
}

/** Something real that took part. */
export interface Component {
  readonly name: string;
  /** As the program says it. */
  readonly version: string;
  /** Where it came from, or how it ran. */
  readonly how: string;
}

export function hasPassed({ checks }: Pick<ReportData, 'checks'>): boolean {
  return checks.length > 0 && checks.every(({ held }) => held);
}
