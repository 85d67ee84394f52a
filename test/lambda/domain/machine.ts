import type { Capacity } from '../../../lambda/domain/capacity.ts';
import { decide } from '../../../lambda/domain/decide.ts';
import type { Decision, Effect } from '../../../lambda/domain/decision.ts';
import { type Evidence, fold, type Sighting } from '../../../lambda/domain/evidence.ts';
import type { CommandReport, OperatorRequest } from '../../../lambda/domain/observation.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import {
  type Command,
  type CommandStatus,
  commandOf,
  initialState,
  type State,
} from '../../../lambda/domain/state.ts';
import { loose } from '../../support/state.ts';

/**
 * The whole system as a machine of finitely many states: `decide` as it is, and around it a primary that
 * fails and returns, evidence that is lost or late, a host that works, fails or is cut off, a queue of
 * commands that arrive in any order, and deciders that die between any two steps. Time goes in steps of a
 * second; whatever is older than every limit that could still matter counts as just that old.
 */
export type Machine = {
  readonly control: State;
  readonly evidence: Evidence;
  readonly primary: 'up' | 'down';
  /** How the primary was a step ago: what a late alert tells. */
  readonly was: 'up' | 'down';
  readonly capacity: Capacity;
  readonly containerRuns: boolean;
  /** It runs only because the site has woken it: no command has started it, or taken it over. */
  readonly isWoken: boolean;
  /** The last start or stop that the host has run. */
  readonly owner: 'start' | 'stop';
  /** From when on the host lets the site wake it, as the last command has told. */
  readonly wakeFrom: number;
  /** Serial of the newest command the host has run. */
  readonly fence: number;
  /** Commands that were sent and that the host has not seen. */
  readonly queue: readonly {
    readonly serial: number;
    readonly action: Command['action'];
    readonly wakeFrom: number;
  }[];
  /** What became of the command that the control plane waits for. */
  readonly ended?: { readonly serial: number; readonly outcome: 'succeeded' | 'failed' | 'superseded' };
};

/** A world: what is configured, and what can happen in it. */
export type Rules = {
  readonly policy: Policy;
  /** Somebody looks at the site from outside. */
  readonly hasWitness?: boolean;
  /** Deciders die between any two steps. */
  readonly crashes?: boolean;
  /** Commands are overtaken and fail, and the standby dies. */
  readonly hostFails?: boolean;
  /** The site wakes its standby by itself, and lets go of it. */
  readonly wakes?: boolean;
  /** Alerts may be late, and may be no more than a suspicion. */
  readonly delays?: boolean;
  /** What operators ask for, at any moment. */
  readonly requests?: readonly OperatorRequest[];
};

/** One thing that happens, and what a decider decided if it was a decider. */
export type Step = { readonly name: string; readonly to: Machine; readonly decided: readonly Decided[] };
export type Decided = {
  readonly before: State;
  readonly evidence: Evidence;
  readonly witness: 'unreachable' | undefined;
  readonly request: OperatorRequest | undefined;
  /** Whether the host has said that what was waited for is done. */
  readonly reported: boolean;
  readonly decision: Decision;
};

/** Small, for it stands in each of many thousand texts. */
export const now = 9000;
const second = 1000;
/** What cannot be delivered is given up. */
const queueLimit = 2;

export function firstMachine(): Machine {
  return {
    control: { ...initialState('api'), since: 0, inspectedAt: now },
    evidence: {},
    primary: 'up',
    was: 'up',
    capacity: 'on',
    containerRuns: false,
    isWoken: false,
    owner: 'stop',
    wakeFrom: 0,
    fence: 0,
    queue: [],
  };
}

const truth = (primary: 'up' | 'down', observedAt: number): Sighting[] =>
  primary === 'up'
    ? [{ kind: 'up', observedAt }]
    : [
        { kind: 'suspect', observedAt },
        { kind: 'down', observedAt },
      ];

function told(evidence: Evidence, sightings: readonly Sighting[], { policy }: Rules): Evidence {
  return sightings.reduce((all, one) => fold(all, one, policy.heartbeatTimeoutSeconds), evidence);
}

/** What the site says: how it is, how it was a step ago, no more than the first bad sign, or nothing. */
export type Says = 'truth' | 'late' | 'sign' | 'nothing';

/** A step of time, and what the site says after it. */
export function tick(m: Machine, says: Says, rules: Rules): Machine {
  const later = now + second;
  const said: Record<Says, Sighting[]> = {
    truth: truth(m.primary, later),
    late: truth(m.was, later - second),
    sign: [{ kind: 'suspect', observedAt: later }],
    nothing: [],
  };
  const standby = m.containerRuns ? 'up' : 'down';
  const traffic = { to: m.primary === 'up' ? 'primary' : 'nobody', since: later, standby } as const;
  const seen: Sighting[] = says === 'truth' ? [{ kind: 'traffic', observedAt: later, traffic }] : [];
  const sightings = [...said[says], ...seen];
  const evidence = told(m.evidence, sightings, rules);
  return normal({ ...m, evidence, was: m.primary }, rules, later);
}

/** What the host makes of one command of its queue. */
export function run(m: Machine, index: number, works: boolean, rules: Rules): Machine {
  const next = m.queue[index];
  if (!next) return m;
  const queue = m.queue.filter((_, i) => i !== index);
  const end = (outcome: 'succeeded' | 'failed' | 'superseded', more: Partial<Machine> = {}) =>
    normal({ ...m, queue, ...more, ended: latest(m, { serial: next.serial, outcome }) }, rules, now);
  if (next.serial < m.fence) return end('superseded');
  const fence = next.serial;
  const { wakeFrom } = next;
  if (!works)
    return end('failed', {
      fence,
      wakeFrom,
      containerRuns: next.action !== 'start' && m.containerRuns,
      isWoken: m.isWoken && next.action !== 'start',
    });
  if (next.action === 'tell') return end('succeeded', { fence, wakeFrom });
  const isStart = next.action === 'start';
  return end('succeeded', {
    fence,
    wakeFrom,
    containerRuns: isStart,
    isWoken: false,
    owner: isStart ? 'start' : 'stop',
  });
}

/** The site finds that neither answers, and asks the host. What a command has started, and has died, stays that one's. */
export function wake(m: Machine, rules: Rules): Machine | undefined {
  const mayWake = m.capacity === 'on' && (m.wakeFrom <= now || isOwned(m));
  if (m.primary === 'up' || m.containerRuns || !mayWake) return undefined;
  return normal({ ...m, containerRuns: true, isWoken: !isOwned(m) }, rules, now);
}

/** The lease of the site has ended, because the primary is up, and the drain is over. */
export function letGo(m: Machine, rules: Rules): Machine | undefined {
  if (!m.isWoken || m.primary === 'down') return undefined;
  return normal({ ...m, containerRuns: false, isWoken: false }, rules, now);
}

/** The last command that the host has run was a start. */
const isOwned = ({ owner }: Machine) => owner === 'start';

/** Only the command that is waited for is ever asked about. */
function latest(m: Machine, ended: NonNullable<Machine['ended']>): Machine['ended'] {
  return ended.serial === commandOf(m.control)?.serial ? ended : m.ended;
}

/** Where a decider dies: after it has recorded round `round`, before or after it has acted. */
export type Crash = { readonly round: number; readonly acted: boolean };

/** Somebody looks, until nothing changes any more, or until he dies. */
export function look(
  m: Machine,
  rules: Rules,
  more: { crash?: Crash; request?: OperatorRequest; hearsOld?: boolean } = {},
): Step {
  let { request } = more;
  let machine = m;
  // What another command came to must not pass for what this one did.
  let report: CommandReport | undefined = more.hearsOld ? { serial: -1, outcome: 'succeeded' } : undefined;
  let capacityStart: 'requested' | 'no-capacity' | undefined;
  const decided: Decided[] = [];
  for (let round = 1; round <= 12; round++) {
    const { control: before, evidence } = machine;
    const observation = { ...observed(machine, rules, report), ...(capacityStart && { capacityStart }) };
    const { witness, command } = observation;
    const decision = decide(before, { ...observation, ...(request && { request }) }, rules.policy, now);
    decided.push({
      before,
      evidence,
      witness,
      request,
      reported: command?.outcome === 'succeeded' && command.serial === commandOf(before)?.serial,
      decision,
    });
    request = undefined;
    const isSettled = decision.state === before && decision.effects.length === 0;
    machine = { ...machine, control: decision.state };
    if (isSettled)
      return { name: more.hearsOld ? 'hears old' : 'look', to: normal(machine, rules, now), decided };
    const dies = more.crash?.round === round;
    if (dies && !more.crash?.acted) break;
    report = undefined;
    capacityStart = undefined;
    for (const effect of decision.effects) {
      const done = act(machine, effect);
      machine = done.machine;
      report ??= done.report;
      capacityStart ??= done.capacityStart;
    }
    if (dies) break;
  }
  if (!more.crash) throw new Error('fixpoint: not reached within 12 looks');
  return { name: 'crash', to: normal(machine, rules, now), decided };
}

function observed(machine: Machine, rules: Rules, report: CommandReport | undefined) {
  const isDark = rules.hasWitness && machine.primary === 'down';
  const command = report ?? reportOf(machine);
  return {
    evidence: machine.evidence,
    capacity: machine.capacity,
    ...(isDark && { witness: 'unreachable' as const }),
    ...(command && { command }),
    delivered: machine.control.outbox.flatMap(({ entry: { id } }) => [
      { id, channel: 'history' as const },
      { id, channel: 'mail' as const },
    ]),
  };
}

function reportOf({ control, ended, fence }: Machine): CommandReport | undefined {
  const command = commandOf(control);
  if (command?.status !== 'sent') return undefined;
  const { serial } = command;
  if (ended?.serial !== serial) return { serial, outcome: 'in-progress' };
  if (ended.outcome === 'superseded') return { serial, outcome: 'superseded', newest: fence };
  return ended.outcome === 'succeeded'
    ? { serial, outcome: 'succeeded' }
    : { serial, outcome: 'failed', detail: 'x' };
}

type Done = { machine: Machine; report?: CommandReport; capacityStart?: 'requested' };

function act(machine: Machine, effect: Effect): Done {
  switch (effect.type) {
    case 'deliver':
      return { machine };
    case 'start-capacity':
      return { machine: { ...machine, capacity: 'on' }, capacityStart: 'requested' };
    case 'stop-capacity':
      return { machine: { ...machine, capacity: 'off', containerRuns: false, isWoken: false, queue: [] } };
    case 'command': {
      const { serial, action } = effect;
      if (machine.capacity !== 'on')
        return { machine, report: { serial, outcome: 'host-unreachable', detail: 'x' } };
      const { wakeFrom } = effect;
      const queue = [...machine.queue, { serial, action, wakeFrom }].slice(-queueLimit);
      return { machine: { ...machine, queue }, report: { serial, outcome: 'sent', id: 'c' } };
    }
  }
}

/** The same machine with `now` where it was, small numbers, and nothing in it that no longer matters. */
export function normal(m: Machine, { policy }: Rules, at: number): Machine {
  const age = (moment: number | undefined, limitSeconds: number) =>
    moment === undefined ? undefined : now - Math.min(Math.max(at - moment, 0), limitSeconds * second);
  const ahead = (moment: number) => now + Math.max(moment - at, 0);
  const { heartbeatTimeoutSeconds, leaseSeconds, flapWindowSeconds } = policy;
  const fresh = Math.max(heartbeatTimeoutSeconds, leaseSeconds) + 1;
  const { evidence: e } = m;
  const c = loose(m.control);
  const { command } = c;
  const serials = [m.fence, command?.serial ?? 0, ...m.queue.map(({ serial }) => serial), 0];
  const ranks = [...new Set(serials)].sort((a, b) => a - b);
  const rank = (serial: number) => ranks.indexOf(serial);
  // Where nothing counts as flapping, the last failover matters for as long as the cooldown takes.
  const flaps = policy.flapLimit < 10;
  const horizon = flaps ? flapWindowSeconds : policy.cooldownSeconds;
  const recent = c.failovers.filter((moment) => at - moment < horizon * second);
  const acknowledged = c.acknowledgedAt !== undefined && at - c.acknowledgedAt < flapWindowSeconds * second;
  const control: Every<typeof c> = {
    service: c.service,
    epoch: 1,
    phase: c.phase,
    since: age(c.since, Math.max(policy.drainSeconds, policy.pilotLight ? policy.hostIdleSeconds : 0)),
    decidedAt: age(c.decidedAt, c.phase === 'starting' ? Math.max(policy.escalateSeconds, fresh) : 0),
    why: c.why,
    whySince: c.why === 'self-test-unseen' ? age(c.whySince, heartbeatTimeoutSeconds) : now,
    failovers: recent.slice(flaps ? 0 : -1).map((moment) => now - Math.min(at - moment, horizon * second)),
    acknowledgedAt: acknowledged ? age(c.acknowledgedAt, flapWindowSeconds) : undefined,
    pause: c.pause && { until: ahead(c.pause.until), by: 'x', why: 'x' },
    heldBy: c.heldBy,
    command: command && {
      action: command.action,
      serial: rank(command.serial),
      attempt: Math.min(command.attempt, 2),
      requestedAt: now - Math.min(at - command.requestedAt, policy.commandTimeoutSeconds * second),
      ...statusOf(command, ahead),
    },
    outbox: [],
    nextEntry: 1,
    nextCommand: ranks.length,
    warmedAt: policy.startOnSuspicion ? age(c.warmedAt, policy.suspicionIntervalSeconds) : undefined,
    testing: c.testing,
    startFailure: undefined,
    testedAt: age(c.testedAt, policy.selfTestSeconds),
    verifiedAt: age(c.verifiedAt, policy.verifySeconds),
    inspectedAt: now,
    drift: c.drift,
    silence: c.silence,
    clockTold: undefined,
    stuckTold: c.stuckTold,
    instanceType: c.instanceType,
    hostStopAt: age(c.hostStopAt, policy.hostIdleSeconds),
    toldWakeFrom: c.toldWakeFrom && ahead(c.toldWakeFrom),
    // Only whether it is on record, which has no consequence.
    wokenAt: undefined,
  };
  const evidence: Every<Evidence> = {
    downAt: age(e.downAt, fresh),
    upAt: age(e.upAt, fresh),
    upSince: age(e.upSince, Math.max(policy.stableSeconds, policy.flapStableSeconds, fresh)),
    suspectAt: age(e.suspectAt, fresh),
    troubleSince: age(e.troubleSince, Math.max(policy.confirmSeconds, fresh)),
    unservedAt: undefined,
    staleAt: undefined,
    stamps: undefined,
    aheadMilliseconds: undefined,
    traffic: c.testing ? seenTraffic(e.traffic, age) : undefined,
    gap: undefined,
    primaryImage: undefined,
  };
  const { ended } = m;
  const isAwaited = ended !== undefined && ended.serial === command?.serial;
  return {
    control: control as State,
    evidence: evidence as Evidence,
    primary: m.primary,
    was: m.was,
    capacity: m.capacity,
    containerRuns: m.containerRuns,
    isWoken: m.isWoken,
    wakeFrom: m.wakeFrom && ahead(m.wakeFrom),
    owner: m.owner,
    fence: rank(m.fence),
    queue: m.queue.map(({ serial, action, wakeFrom }) => ({
      serial: rank(serial),
      action,
      wakeFrom: wakeFrom && ahead(wakeFrom),
    })),
    ...(isAwaited && { ended: { serial: rank(ended.serial), outcome: ended.outcome } }),
  };
}

/** Of what the site sees, a self-test wants to know whether the standby is up, and whether that is news. */
function seenTraffic(
  traffic: Evidence['traffic'],
  age: (moment: number | undefined, limitSeconds: number) => number | undefined,
): Evidence['traffic'] {
  return (
    traffic && {
      at: age(traffic.at, 1) ?? now,
      to: 'primary',
      since: now,
      standby: traffic.standby ?? 'down',
    }
  );
}

function statusOf(command: Command, ahead: (moment: number) => number): CommandStatus {
  switch (command.status) {
    case 'requested':
      return { status: 'requested' };
    case 'sent':
      return { status: 'sent', id: 'c' };
    case 'failed':
      return { status: 'failed', cause: command.cause, failure: 'x', retryAt: ahead(command.retryAt) };
  }
}

/** All keys, in one order, so that equal machines are equal texts and none is forgotten. */
type Every<T> = { readonly [K in keyof Required<T>]: T[K] | undefined };
