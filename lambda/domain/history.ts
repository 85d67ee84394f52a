/** The history of a service: its entries, and the channels that take them. */

import type { Capacity } from './capacity.ts';
import type { Health } from './evidence.ts';
import type { Site } from './phase.ts';
import type { Reason } from './reasons.ts';

/** What happened, in the order it happened; kept in the history and sent to people. */
export type EntryKind =
  | 'failover-started'
  | 'failover-completed'
  | 'failover-abandoned'
  | 'failover-stuck'
  | 'switchover-started'
  | 'failback-started'
  | 'failback-completed'
  | 'command-failed'
  | 'host-starting'
  | 'host-stopping'
  | 'no-capacity'
  | 'standby-warmed'
  | 'suspicion-passed'
  | 'standby-restarted'
  | 'standby-woken'
  | 'flapping'
  | 'refused'
  | 'site-silent'
  | 'site-heard'
  | 'site-clock'
  | 'self-test-started'
  | 'self-test-passed'
  | 'self-test-failed'
  | 'drift'
  | 'drift-gone'
  | 'paused'
  | 'resumed'
  | 'pause-expired'
  | 'acknowledged'
  | 'request-refused';

export type Entry = {
  /** Unique within the service and ordered: epoch, then a serial number within it. */
  readonly id: string;
  readonly service: string;
  readonly kind: EntryKind;
  readonly epoch: number;
  readonly at: number;
  readonly reason: Reason;
  readonly detail?: string;
  /** The operator who asked for it, or whose pause or hold it is about. */
  readonly by?: string;
  /** Milliseconds since the move began, for the entries that end one. */
  readonly tookMilliseconds?: number;
  /** Kept in the history, but no reason to write to anybody. */
  readonly quiet?: boolean;
  /** The site in charge after it. */
  readonly site?: Site;
  /** What was known when it was decided. */
  readonly seen?: Seen;
  /** When the next step is due, or is due at the earliest. */
  readonly nextAt?: number;
  /** How long the primary must then have been up without a break for the service to come home. */
  readonly stableSeconds?: number;
  /** Of a command: 1 for the first try in this phase. */
  readonly attempt?: number;
  /** When the standby was first seen to answer, if that was before this was decided: it was started ahead. */
  readonly answeredAt?: number;
  /** When the site woke the standby, if it did. */
  readonly wokenAt?: number;
  /** When the site last asked for the standby that it had woken: it needed it from `wokenAt` until then. */
  readonly neededUntil?: number;
};

/** Entries of which the reason is what has ended. */
export const endings: ReadonlySet<EntryKind> = new Set([
  'site-heard',
  'drift-gone',
  'resumed',
  'pause-expired',
  'acknowledged',
]);

/** What a decision saw, small enough to be kept with every entry. */
export type Seen = {
  readonly primary: Health;
  /** The newest word of the site, fresh or not, and the moment of its evaluation; absent if it never spoke. */
  readonly said?: Exclude<Health, 'unknown'>;
  readonly saidAt?: number;
  /** Since when that has been so without a break. */
  readonly since?: number;
  readonly witness?: 'reachable' | 'unreachable';
  readonly capacity?: Capacity;
};

/** Where an entry goes. Each has its own delivery: one that fails holds up no other, and is tried again alone. */
export type Channel = 'history' | 'mail';

/** An entry that has not reached every channel yet. The decider that claims it delivers it. */
export type Pending = {
  readonly entry: Entry;
  readonly claimedAt: number;
  /** The channels that it has not reached; all of the entry's if left out. */
  readonly left?: readonly Channel[];
};

/** An entry that a channel has taken. */
export type Delivery = { readonly id: string; readonly channel: Channel };
