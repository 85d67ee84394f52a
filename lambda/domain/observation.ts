/** The input of a decision: everything that is known at the moment. */

import type { Capacity } from './capacity.ts';
import type { Evidence } from './evidence.ts';
import type { Delivery } from './history.ts';

/** What the host said about the standby's container. */
export type StandbyFacts = {
  readonly runs: boolean;
  /** Whether it ran and answered before this command. */
  readonly ran: boolean;
  readonly image: string;
  readonly id: string;
  /** Digest in the registry, if the image came from one. */
  readonly digest?: string;
  /** What on the host would prevent a start, as the host says it. */
  readonly trouble?: string;
  /** From when on the site may wake the standby, as the host knows it (Unix milliseconds; 0 for always). */
  readonly wakeFrom?: number;
  /** The last time the site woke the standby; absent if it never did. */
  readonly wake?: Wake;
};

/** A wake of the standby by the site, over the line. Moments of the host's clock, in Unix milliseconds. */
export type Wake = {
  readonly askedAt: number;
  /** When the standby answered; absent if it did not. */
  readonly answeredAt?: number;
  /** When the site last asked for it: the primary was down until then. */
  readonly renewedAt?: number;
  /** When it went to sleep again by itself; absent while it is awake, or if a command has taken it over. */
  readonly sleptAt?: number;
};

/** What became of the command with this serial; any other command's report is ignored. */
export type CommandReport = { readonly serial: number } & (
  | { readonly outcome: 'sent'; readonly id: string }
  | { readonly outcome: 'in-progress' }
  | { readonly outcome: 'succeeded'; readonly facts?: StandbyFacts; readonly output?: string }
  | { readonly outcome: 'failed'; readonly detail: string }
  | { readonly outcome: 'host-unreachable'; readonly detail: string }
  /** The host has run a newer command than we know of: our state was lost or restored from a backup. */
  | { readonly outcome: 'superseded'; readonly newest: number }
);

/** A request of an operator. */
export type OperatorRequest = { readonly by: string } & (
  | { readonly action: 'pause'; readonly seconds: number; readonly why: string }
  | {
      readonly action: 'resume' | 'acknowledge' | 'switchover' | 'failover' | 'failback' | 'self-test';
    }
);

export type Observation = {
  readonly evidence: Evidence;
  readonly command?: CommandReport;
  /** Absent if it was not looked up. */
  readonly capacity?: Capacity;
  /** What became of the last attempt to start the host. */
  readonly capacityStart?: 'requested' | 'no-capacity';
  /** What the second witness says about the site's public address; absent if it was not asked. */
  readonly witness?: 'reachable' | 'unreachable';
  readonly request?: OperatorRequest;
  readonly delivered?: readonly Delivery[];
};
