/** The recorded state of a service. All moments are Unix milliseconds. */

import type { Pending } from './history.ts';
import type { Phase, Site } from './phase.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

/** `tell`: nothing but what every command tells the host, see {@link Words}. */
export type Action = 'start' | 'stop' | 'inspect' | 'tell';

/** What the host is told with a command. It keeps that, and answers the site by it. */
export type Words = {
  /** The site that is in charge. */
  readonly inCharge: Site;
  /** From when on the site may wake the standby, in Unix milliseconds; 0 for always. */
  readonly wakeFrom: number;
};

/** A command to the host, from the decision to send it until it has succeeded or is no longer wanted. */
export type Command = {
  readonly action: Action;
  /** Grows with every command of the service; the host refuses one that is older than the last it ran. */
  readonly serial: number;
  /** 1 for the first try in this phase. */
  readonly attempt: number;
  readonly requestedAt: number;
  /** As in {@link Words}; absent for 0. */
  readonly wakeFrom?: number;
} & CommandStatus;

export type CommandStatus =
  /** Recorded; whether it was sent is not known yet. */
  | { readonly status: 'requested' }
  /** `id` is how the one who dispatches it names it. */
  | { readonly status: 'sent'; readonly id: string }
  | {
      readonly status: 'failed';
      readonly cause: FailureCause;
      /** For people: what went wrong. */
      readonly failure: string;
      /** The next try is due then. */
      readonly retryAt: number;
    };

/**
 * `command`: it was run, or should have been, and failed. The others say that there is no host to run it:
 * `host-unreachable`: nobody answers there; look at the capacity before the next try. `host-off`: it was asked to start.
 * `no-capacity`: it was asked to start, and there is no machine to be had.
 */
export type FailureCause = 'command' | 'host-unreachable' | 'host-off' | 'no-capacity';

/** No automatic move until then. */
export type Pause = { readonly until: number; readonly by: string; readonly why: string };

/** What all phases have. */
export type SharedState = {
  readonly service: string;
  /** Grows with every decision that moves the service. */
  readonly epoch: number;
  /** When the phase began. */
  readonly since: number;
  /** When the move that led to this phase was decided. */
  readonly decidedAt: number;
  /** Why the service stands where it stands, or does not move, and since when. */
  readonly why: Reason;
  readonly whySince: number;
  /** When the last failovers were completed, the newest last: cooldown and flapping count from here. */
  readonly failovers: readonly number[];
  /** Failovers before this moment no longer count as flapping. */
  readonly acknowledgedAt?: number;
  readonly pause?: Pause;
  /** Entries that have not reached everybody yet. */
  readonly outbox: readonly Pending[];
  /** Serial number of the next entry. */
  readonly nextEntry: number;
  readonly nextCommand: number;
  /** When the standby was last started on suspicion. */
  readonly warmedAt?: number;
  /** When the last self-test began. */
  readonly testedAt?: number;
  /** The last start of the standby failed, and none has succeeded since: an outage would not be covered. */
  readonly startFailure?: { readonly at: number; readonly failure: string };
  /** When the sleeping standby was last looked at. */
  readonly inspectedAt?: number;
  /** What people were told of the host's drift, while it lasts. */
  readonly drift?: string;
  /** Which silence of the site people were told of, while it lasts. */
  readonly silence?: Reason;
  /** People were told that the site's clock is ahead, and it still is. */
  readonly clockTold?: boolean;
  /** Index into the policy's instance types; the first is the host's own. */
  readonly instanceType?: number;
  /** When an idle host was last stopped. */
  readonly hostStopAt?: number;
  /** From when on the site may wake the standby, as the host was last told; absent for 0. */
  readonly toldWakeFrom?: number;
  /** When the site woke the standby last, of what is in the history. */
  readonly wokenAt?: number;
};

/** The fields of each phase. A command is what the phase needs done on the host. */
export type OwnState = {
  /** The command looks at the sleeping standby. */
  readonly home: { readonly command?: Command };
  /** `testing`: the standby was started to see whether it would, not because of a suspicion. */
  readonly warming: { readonly command?: Command; readonly testing: boolean };
  readonly cooling: { readonly command?: Command };
  /** `heldBy`: who switched over. `stuckTold`: people were told that this start takes too long. */
  readonly starting: { readonly command?: Command; readonly heldBy?: string; readonly stuckTold?: boolean };
  /**
   * `heldBy`: who switched over; then nothing but a failback on request brings the service home. `verifiedAt`: when the
   * standby was last seen to answer. The command asks it again.
   */
  readonly serving: { readonly command?: Command; readonly heldBy?: string; readonly verifiedAt: number };
  readonly draining: Record<never, never>;
  readonly stopping: { readonly command?: Command };
};

export type StateIn<P extends Phase> = SharedState & { readonly phase: P } & OwnState[P];
export type State = { [P in Phase]: StateIn<P> }[Phase];

/** The state of a service that nobody has decided about yet. */
export function initialState(service: string): StateIn<'home'> {
  return {
    service,
    epoch: 0,
    phase: 'home',
    since: 0,
    decidedAt: 0,
    why: 'never-heard',
    whySince: 0,
    failovers: [],
    outbox: [],
    nextEntry: 1,
    nextCommand: 1,
  };
}

/** The command that the phase needs done, if there is one. */
export const commandOf = (state: State): Command | undefined =>
  'command' in state ? state.command : undefined;

/** The operator who holds the service on the standby, if there is one. */
export const heldByOf = (state: State): string | undefined => ('heldBy' in state ? state.heldBy : undefined);

/** Whether the next try has to know whether there is a host at all. */
export const needsCapacity = (command: Command | undefined): boolean =>
  command?.status === 'failed' && command.cause !== 'command';

/** Whether too many failovers were completed in too short a time, and nobody has acknowledged that. */
export function flaps({ failovers, acknowledgedAt = 0 }: State, policy: Policy, now: number): boolean {
  const since = Math.max(acknowledgedAt, now - policy.flapWindowSeconds * 1000);
  return failovers.filter((at) => at > since).length >= policy.flapLimit;
}
