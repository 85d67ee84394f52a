/** When to move. All times are seconds. */
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
  /** A mail says that a failover is stuck when the standby does not serve by then. */
  readonly escalateSeconds: number;
  /** The instance itself is stopped while the standby sleeps. */
  readonly pilotLight: boolean;
  /** Pilot light: how long the instance is left running after the last use. */
  readonly hostIdleSeconds: number;
  /** To be tried in turn when there is no capacity, the host's own type first; empty if there is no choice. */
  readonly instanceTypes: readonly string[];
  /** A command that has no result by then counts as failed. */
  readonly commandTimeoutSeconds: number;
  /** A recorded intent that nobody has carried out by then is carried out again. */
  readonly dispatchTimeoutSeconds: number;
  /** First wait after a failed command; doubled each time up to the maximum. */
  readonly retrySeconds: number;
  readonly retryMaxSeconds: number;
};
