import type { Health } from './evidence.ts';

import type { Reason } from './reasons.ts';

export type { Reason };

/** The words of the domain. All moments are Unix milliseconds; all policy times are seconds. */

export type Site = 'primary' | 'standby';

/**
 * Where a service stands. The site in charge follows from it (see {@link siteOf}), so that the two
 * can never contradict each other.
 */
export type Phase = 'home' | 'warming' | 'cooling' | 'starting' | 'serving' | 'draining' | 'stopping';

/** What the site's monitoring said, by the moment at which Prometheus evaluated it. */
export type Evidence = {
  /** Newest moment at which the primary was seen down. */
  readonly downAt?: number;
  /** Newest moment at which the primary was seen to answer its health path. */
  readonly upAt?: number;
  /** Start of the unbroken run of "up" that `upAt` ends. */
  readonly upSince?: number;
  /** Newest moment at which the primary was suspected to be down, on the first bad sign. */
  readonly suspectAt?: number;
  /** The first suspicion, or sight of it down, since the primary was last seen up. */
  readonly troubleSince?: number | undefined;
  /** Newest moment at which clients were seen to be served by nobody. */
  readonly nobodyAt?: number;
  /** Newest arrival of something that was old already: then Alertmanager lives and Prometheus does not. */
  readonly staleAt?: number;
  /** Of each kind, the newest moment that lay ahead of our clock, as the site's clock had it. */
  readonly stamps?: Partial<Readonly<Record<Sighting['kind'], number>>>;
  /** By how much the site's clock was ahead of ours when it spoke last, in milliseconds; absent while it is not. */
  readonly aheadMilliseconds?: number | undefined;
  /** The image that the primary runs, as the site says it: a digest or an id. */
  readonly primaryImage?: string;
};

/** One alert, reduced to what it proves. */
export type Sighting = {
  readonly kind: 'down' | 'up' | 'suspect' | 'nobody';
  readonly observedAt: number;
  /** When it arrived here; as `observedAt` if left out. */
  readonly arrivedAt?: number;
  /** What the site's clock said, if that lay ahead of ours; `observedAt` is the arrival then. */
  readonly stampedAt?: number;
  readonly primaryImage?: string;
};

export type Action = 'start' | 'stop' | 'inspect';

/** The command that the current phase needs done on the host. */
export type Command = {
  readonly action: Action;
  /** Grows with every command of the service; the host refuses one that is older than the last it ran. */
  readonly serial: number;
  /** 1 for the first try in this phase. */
  readonly attempt: number;
  readonly requestedAt: number;
  /** SSM's id; absent until the dispatch is known to have happened. */
  readonly id?: string;
  /** Set after a failure: the next try is due then. */
  readonly retryAt?: number;
  readonly failure?: string;
  /** The failure was that SSM could not reach the host: look at the instance before the next try. */
  readonly hostUnreachable?: boolean;
  /** The failure was that EC2 had no capacity to start the host. */
  readonly noCapacity?: boolean;
};

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
};

/** What a decision saw, small enough to be kept with every entry. */
export type Seen = {
  readonly primary: Health;
  /** The newest word of the site, fresh or not, and the moment of its evaluation; absent if it never spoke. */
  readonly said?: Exclude<Health, 'unknown'>;
  readonly saidAt?: number;
  /** Since when that has been so without a break. */
  readonly since?: number;
  readonly witness?: 'reachable' | 'unreachable';
  readonly host?: HostState;
};

/** Where an entry goes. Each has its own delivery: one that fails holds up no other, and is tried again alone. */
export type Channel = 'history' | 'mail';

/** An entry that has not reached every channel yet; whoever claims it delivers it. */
export type Pending = {
  readonly entry: Entry;
  readonly claimedAt: number;
  /** The channels that it has not reached; all of the entry's if left out. */
  readonly left?: readonly Channel[];
};

/** An entry that a channel has taken. */
export type Delivery = { readonly id: string; readonly channel: Channel };

/** No automatic move until then. */
export type Pause = { readonly until: number; readonly by: string; readonly why: string };

export type State = {
  readonly service: string;
  readonly epoch: number;
  readonly phase: Phase;
  /** When the phase began. */
  readonly since: number;
  /** When the move that led to this phase was decided. */
  readonly decidedAt: number;
  /** Why it stands where it stands, or why it does not move, and since when. */
  readonly why: Reason;
  readonly whySince: number;
  /** When the last failovers were completed, the newest last: cooldown and flapping count from here. */
  readonly failovers: readonly number[];
  /** Failovers before this moment no longer count as flapping. */
  readonly acknowledgedAt?: number;
  readonly pause?: Pause;
  /** Who switched over: then nothing but a failback on request brings the service home. */
  readonly heldBy?: string;
  readonly command?: Command;
  readonly outbox: readonly Pending[];
  /** Serial number of the next entry. */
  readonly nextEntry: number;
  readonly nextCommand: number;
  /** When the standby was last started on suspicion. */
  readonly warmedAt?: number;
  /** In `warming`: the standby was started to see whether it would, not because of a suspicion. */
  readonly testing?: boolean;
  readonly testedAt?: number;
  /** When the standby was last seen to answer while it serves. */
  readonly verifiedAt?: number;
  readonly inspectedAt?: number;
  /** What people were told of the host's drift, while it lasts. */
  readonly drift?: string;
  /** Which silence of the site people were told of, while it lasts. */
  readonly silence?: Reason;
  /** People were told that the site's clock is ahead, and it still is. */
  readonly clockTold?: boolean;
  /** The epoch of which people were told that it is stuck. */
  readonly stuckIn?: number;
  /** Index into the policy's instance types; the first is the host's own. */
  readonly instanceType?: number;
  readonly hostStopAt?: number;
};

/** What the host said about the standby's container. */
export type StandbyFacts = {
  readonly runs: boolean;
  /** Whether it ran and answered before this command. */
  readonly ran: boolean;
  readonly image: string;
  readonly id: string;
  /** Digest in the registry, if the image came from one. */
  readonly digest?: string;
  /** What on the host will be in the way of a start, in its words. */
  readonly trouble?: string;
};

/** What became of the command with this serial; any other command's report is ignored. */
export type CommandReport = { readonly serial: number } & (
  | { readonly outcome: 'sent'; readonly id: string }
  | { readonly outcome: 'in-progress' }
  | { readonly outcome: 'succeeded'; readonly facts?: StandbyFacts; readonly said?: string }
  | { readonly outcome: 'failed'; readonly detail: string }
  | { readonly outcome: 'host-unreachable'; readonly detail: string }
  /** The host has run a newer command than we know of: our state was lost or restored from a backup. */
  | { readonly outcome: 'superseded'; readonly newest: number }
);

/** EC2's names for the state of an instance. */
export type HostState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

/** What a person asks for. */
export type OperatorRequest = { readonly by: string } & (
  | { readonly action: 'pause'; readonly seconds: number; readonly why: string }
  | {
      readonly action: 'resume' | 'acknowledge' | 'switchover' | 'failover' | 'failback' | 'self-test';
    }
);

export type Observation = {
  readonly evidence: Evidence;
  readonly command?: CommandReport;
  /** Absent when nobody looked. */
  readonly host?: HostState;
  /** What became of the last attempt to start the host. */
  readonly hostStart?: 'requested' | 'no-capacity';
  /** What the second witness says about the site's public address; absent when nobody asked it. */
  readonly witness?: 'reachable' | 'unreachable';
  readonly request?: OperatorRequest;
  readonly delivered?: readonly Delivery[];
};

export type Effect =
  | {
      readonly type: 'command';
      readonly action: Action;
      readonly epoch: number;
      readonly serial: number;
      readonly attempt: number;
    }
  /** `instanceType` is set before the start, when the policy knows more than one. */
  | { readonly type: 'start-host'; readonly instanceType?: string }
  | { readonly type: 'stop-host' }
  | { readonly type: 'deliver'; readonly entry: Entry; readonly channels: readonly Channel[] };

export type Policy = {
  /** Evidence that the primary is down counts for this long. */
  readonly leaseSeconds: number;
  /** Evidence that the primary is up counts for this long; a longer gap breaks the run. */
  readonly heartbeatTimeoutSeconds: number;
  /** How long the primary must have been up without a break before traffic is called home. */
  readonly stableSeconds: number;
  /** The shortest stay on the standby after a completed failover. */
  readonly cooldownSeconds: number;
  /** From the return of traffic to the stop of the standby. */
  readonly drainSeconds: number;
  /**
   * Start the standby at the first suspicion, before the failover is decided. Harmless for a service
   * whose start has no side effects, because HAProxy sends it no traffic while the primary is up.
   */
  readonly startOnSuspicion: boolean;
  /** With `startOnSuspicion`: how long the trouble must last before it counts as a failover. */
  readonly confirmSeconds: number;
  /** The standby is started on suspicion at most once in this time. */
  readonly suspicionIntervalSeconds: number;
  /** So many completed failovers within the window are flapping: the service then stays on the standby. */
  readonly flapLimit: number;
  readonly flapWindowSeconds: number;
  /** … until the primary has been up for this long, or an operator acknowledges. */
  readonly flapStableSeconds: number;
  /** How often the standby is started to see whether it would; 0 for never. */
  readonly selfTestSeconds: number;
  /** How often the standby that serves is asked for its health, and the one that sleeps for drift. */
  readonly verifySeconds: number;
  readonly inspectSeconds: number;
  /** People are told that a failover is stuck when the standby does not serve by then. */
  readonly escalateSeconds: number;
  /** The instance itself is stopped while the standby sleeps. */
  readonly pilotLight: boolean;
  /** Pilot light: how long the instance is left running after the last use. */
  readonly hostIdleSeconds: number;
  /** To be tried in turn when EC2 has no capacity, the host's own type first; empty if there is no choice. */
  readonly instanceTypes: readonly string[];
  /** A command that SSM has not ended by then counts as failed. */
  readonly commandTimeoutSeconds: number;
  /** A recorded intent that nobody has carried out by then is carried out again. */
  readonly dispatchTimeoutSeconds: number;
  /** First wait after a failed command; doubled each time up to the maximum. */
  readonly retrySeconds: number;
  readonly retryMaxSeconds: number;
};

/** What an operator is told: done, or why not. */
export type Answer = { readonly accepted: true } | { readonly accepted: false; readonly reason: Reason };

export type Decision = {
  /** The site that is in charge after this decision. */
  readonly site: Site;
  readonly reason: Reason;
  /** The same object as before if nothing changed. */
  readonly state: State;
  /** To be carried out only after `state` has been recorded. */
  readonly effects: readonly Effect[];
  /** To the request in the observation, if there was one. */
  readonly answer?: Answer;
};
