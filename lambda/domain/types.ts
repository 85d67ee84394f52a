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
};

/** One alert, reduced to what it proves. */
export type Sighting = { readonly kind: 'down' | 'up' | 'suspect'; readonly observedAt: number };

export type Action = 'start' | 'stop';

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
};

/** What happened, in the order it happened; kept in the history and sent to people. */
export type EntryKind =
  | 'failover-started'
  | 'failover-completed'
  | 'failover-abandoned'
  | 'failback-started'
  | 'failback-completed'
  | 'command-failed'
  | 'host-starting'
  | 'standby-warmed'
  | 'suspicion-passed';

export type Entry = {
  /** Unique within the service and ordered: epoch, then a serial number within it. */
  readonly id: string;
  readonly service: string;
  readonly kind: EntryKind;
  readonly epoch: number;
  readonly at: number;
  readonly reason: Reason;
  readonly detail?: string;
  /** Milliseconds since the move began, for the entries that end one. */
  readonly tookMilliseconds?: number;
  /** Kept in the history, but no reason to write to anybody. */
  readonly quiet?: boolean;
};

/** An entry that has not been delivered yet; whoever claims it delivers it. */
export type Pending = { readonly entry: Entry; readonly claimedAt: number };

export type State = {
  readonly service: string;
  readonly epoch: number;
  readonly phase: Phase;
  /** When the phase began. */
  readonly since: number;
  /** When the move that led to this phase was decided. */
  readonly decidedAt: number;
  /** When the last failover was completed; the cooldown counts from here and from nowhere else. */
  readonly failoverCompletedAt?: number;
  readonly command?: Command;
  readonly outbox: readonly Pending[];
  /** Serial number of the next entry. */
  readonly nextEntry: number;
  readonly nextCommand: number;
  /** When the standby was last started on suspicion. */
  readonly warmedAt?: number;
};

/** What became of the command with this serial; any other command's report is ignored. */
export type CommandReport = { readonly serial: number } & (
  | { readonly outcome: 'sent'; readonly id: string }
  | { readonly outcome: 'in-progress' }
  | { readonly outcome: 'succeeded' }
  | { readonly outcome: 'failed'; readonly detail: string }
  | { readonly outcome: 'host-unreachable'; readonly detail: string }
  /** The host has run a newer command than we know of: our state was lost or restored from a backup. */
  | { readonly outcome: 'superseded'; readonly newest: number }
);

/** EC2's names for the state of an instance. */
export type HostState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

export type Observation = {
  readonly evidence: Evidence;
  readonly command?: CommandReport;
  /** Absent when nobody looked. */
  readonly host?: HostState;
  /** Ids of entries that have been delivered. */
  readonly delivered?: readonly string[];
};

export type Effect =
  | {
      readonly type: 'command';
      readonly action: Action;
      readonly epoch: number;
      readonly serial: number;
      readonly attempt: number;
    }
  | { readonly type: 'start-host' }
  | { readonly type: 'deliver'; readonly entry: Entry };

/** Why the service stands where it stands: exactly one per decision. */
export type Reason =
  | 'primary-healthy'
  | 'primary-down'
  | 'no-fresh-evidence'
  | 'primary-suspected'
  | 'suspicion-rate-limited'
  | 'awaiting-confirmation'
  | 'suspicion-passed'
  | 'standby-cooling'
  | 'standby-starting'
  | 'start-failed'
  | 'host-not-ready'
  | 'standby-healthy'
  | 'primary-back-before-standby'
  | 'primary-still-down'
  | 'primary-not-yet-stable'
  | 'cooldown-active'
  | 'primary-recovered'
  | 'standby-draining'
  | 'standby-drained'
  | 'standby-stopping'
  | 'stop-failed'
  | 'standby-stopped';

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
  /** A command that SSM has not ended by then counts as failed. */
  readonly commandTimeoutSeconds: number;
  /** A recorded intent that nobody has carried out by then is carried out again. */
  readonly dispatchTimeoutSeconds: number;
  /** First wait after a failed command; doubled each time up to the maximum. */
  readonly retrySeconds: number;
  readonly retryMaxSeconds: number;
};

export type Decision = {
  /** The site that is in charge after this decision. */
  readonly site: Site;
  readonly reason: Reason;
  /** The same object as before if nothing changed. */
  readonly state: State;
  /** To be carried out only after `state` has been recorded. */
  readonly effects: readonly Effect[];
};
