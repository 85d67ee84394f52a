import type { OperatorAnswer } from '../../../lambda/contract/events.ts';
import type { Evidence, Health } from '../../../lambda/domain/evidence.ts';
import { primaryHealth } from '../../../lambda/domain/health.ts';
import { type Phase, type Site, siteOf } from '../../../lambda/domain/phase.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import type { Reason } from '../../../lambda/domain/reasons.ts';
import { type Command, commandOf, flaps, heldByOf, type State } from '../../../lambda/domain/state.ts';
import { caseOf } from './cases/index.ts';
import { type Clients, clientsOf } from './clients.ts';
import { type Forecast, forecast } from './forecast.ts';

/** What is known about one service. All moments are Unix milliseconds. */
export type Facts = {
  readonly service: string;
  readonly clients: Clients;
  /** What the control plane's books say. */
  readonly inCharge: Site;
  readonly phase: Phase;
  readonly epoch: number;
  /** When the phase began. */
  readonly since: number;
  /** When the move was decided that led to it. */
  readonly decidedAt: number;
  readonly reason: Reason;
  readonly reasonSince: number;
  readonly primary: Health;
  /** Until when the newest word about the primary counts: a lease for "down", a heartbeat for "up". */
  readonly evidence: Evidence & { readonly countsUntil?: number };
  /** When the site said anything at all; absent if it never did. */
  readonly heardAt?: number;
  readonly pause?: NonNullable<State['pause']>;
  readonly heldBy?: string;
  readonly testing: boolean;
  readonly flapping: boolean;
  /** When the last failover was completed; 0 if none ever was. */
  readonly completedAt: number;
  readonly command?: Command;
  /** The last start failed, and none has succeeded since. */
  readonly startFailure?: NonNullable<State['startFailure']>;
  readonly drift?: string;
  /** When the host said last that the standby in charge answers. */
  readonly answeredAt?: number;
  readonly next: Forecast | undefined;
  readonly policy: Policy;
  readonly at: number;
};

/** … and what is to be made of it, for people and for programs. */
export type Situation = Facts & {
  /** Who answers clients, as the site says it. */
  readonly serving: Clients['serving'];
  /** A stable name of what the headline says (docs/runbook.md has all). */
  readonly case: string;
  readonly headline: string;
  /** What the headline says besides who serves. */
  readonly says: string;
  /** Since when it has been so; absent if nobody knows. */
  readonly lastingSince?: number;
  /** The one thing to do. */
  readonly do: string;
};

export function situationOf(answer: OperatorAnswer): Situation {
  const facts = factsOf(answer);
  const { id, says, isSilence, act } = caseOf(facts);
  const { serving, since } = facts.clients;
  const lastingSince = isSilence ? facts.heardAt : since;
  return {
    ...facts,
    serving,
    case: id,
    headline: `${whoServes[serving]}${says === '' ? '' : `; ${says}`}`,
    says,
    ...(lastingSince !== undefined && { lastingSince }),
    do: act(facts),
  };
}

function factsOf({ state, evidence, policy, at }: OperatorAnswer): Facts {
  const { service, phase, epoch, since, decidedAt, why, whySince, pause, startFailure, drift } = state;
  const primary = primaryHealth(evidence, policy, at);
  const { upAt = 0, downAt = 0, suspectAt = 0, traffic } = evidence;
  const heardAt = Math.max(upAt, downAt, suspectAt, traffic?.at ?? 0);
  const heldBy = heldByOf(state);
  const command = commandOf(state);
  return {
    service,
    clients: clientsOf(evidence, at),
    inCharge: siteOf(phase),
    phase,
    epoch,
    since,
    decidedAt,
    reason: why,
    reasonSince: whySince,
    primary,
    evidence: { ...evidence, ...countsUntil(evidence, policy, primary) },
    ...(heardAt > 0 && { heardAt }),
    ...(pause && pause.until > at && { pause }),
    ...(heldBy !== undefined && { heldBy }),
    testing: state.phase === 'warming' && state.testing,
    flapping: flaps(state, policy, at),
    completedAt: state.failovers.at(-1) ?? 0,
    ...(command && { command }),
    ...(startFailure && { startFailure }),
    ...(drift !== undefined && { drift }),
    ...(state.phase === 'serving' && { answeredAt: state.verifiedAt }),
    next: forecast({ state, evidence, policy, now: at }),
    policy,
    at,
  };
}

function countsUntil({ upAt = 0, downAt = 0, suspectAt = 0 }: Evidence, policy: Policy, primary: Health) {
  if (primary === 'unknown') return {};
  if (primary === 'up') return { countsUntil: upAt + policy.heartbeatTimeoutSeconds * 1000 };
  return { countsUntil: (primary === 'down' ? downAt : suspectAt) + policy.leaseSeconds * 1000 };
}

export const whoServes: Readonly<Record<Clients['serving'], string>> = {
  primary: 'the primary serves',
  standby: 'the standby serves',
  nobody: 'nobody serves',
  unknown: 'not known who serves',
};
