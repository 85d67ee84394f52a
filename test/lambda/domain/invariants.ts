import type { Decision } from '../../../lambda/domain/decision.ts';
import { siteOf } from '../../../lambda/domain/phase.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import { reasons } from '../../../lambda/domain/reasons.ts';
import { heldByOf, type State } from '../../../lambda/domain/state.ts';
import { type Decided, type Machine, now, type Rules } from './machine.ts';

/**
 * What must hold of every single decision, in words of its own and not in those of `decide`: none of these
 * looks at how the decision was made.
 */
type Invariant = (one: Decided & Facts) => boolean;
type Facts = { readonly policy: Policy; readonly after: Decision['state']; readonly decision: Decision };

const seconds = (since: number | undefined) =>
  since === undefined ? Number.POSITIVE_INFINITY : (now - since) / 1000;

/** What is known of the primary, by a reading of its own: the newest word, while it is fresh. */
function health({ evidence, policy }: Decided & Facts): 'up' | 'down' | 'suspected' | 'unknown' {
  const { upAt, downAt, suspectAt } = evidence;
  const isNewer = (at: number | undefined) => at !== undefined && at >= (upAt ?? 0);
  if (isNewer(downAt) && seconds(downAt) <= policy.leaseSeconds) return 'down';
  if (isNewer(suspectAt) && seconds(suspectAt) <= policy.leaseSeconds) return 'suspected';
  const isAnswered = isNewer(downAt) || isNewer(suspectAt);
  return !isAnswered && seconds(upAt) <= policy.heartbeatTimeoutSeconds ? 'up' : 'unknown';
}
const movesTo = (site: 'primary' | 'standby') => (one: Decided & Facts) =>
  siteOf(one.before.phase) !== site && siteOf(one.after.phase) === site;
const toStandby = movesTo('standby');
const toPrimary = movesTo('primary');
const isAutomatic = ({ request }: Decided) => request === undefined;
const wasHeard = ({ evidence: { upAt, downAt, suspectAt } }: Decided) =>
  upAt !== undefined || downAt !== undefined || suspectAt !== undefined;
const isPaused = ({ before }: Decided) => before.pause !== undefined && now < before.pause.until;
const sends = ({ decision }: Facts, action: string) =>
  decision.effects.some((effect) => effect.type === 'command' && effect.action === action);
const recent = ({ before, policy }: Decided & Facts) =>
  before.failovers.filter((at) => seconds(at) < policy.flapWindowSeconds && at > (before.acknowledgedAt ?? 0))
    .length;

const isTest = (state: State) => state.phase === 'warming' && state.testing;

const invariants: Readonly<Record<string, Invariant>> = {
  'one-site-in-charge-in-each-epoch': ({ before, after }) =>
    siteOf(before.phase) === siteOf(after.phase) ? after.epoch === before.epoch : after.epoch > before.epoch,
  'epoch-never-goes-back': ({ before, after }) => after.epoch >= before.epoch,
  'every-state-has-exactly-one-reason': ({ decision, after }) =>
    decision.reason === after.why && Object.hasOwn(reasons, decision.reason),
  'no-failover-without-proof': (one) =>
    !toStandby(one) ||
    !isAutomatic(one) ||
    health(one) === 'down' ||
    (health(one) === 'unknown' && one.witness === 'unreachable' && wasHeard(one)),
  'no-failover-on-a-suspicion-that-may-pass': (one) =>
    !toStandby(one) ||
    !isAutomatic(one) ||
    !one.policy.startOnSuspicion ||
    health(one) !== 'down' ||
    seconds(one.evidence.troubleSince) >= one.policy.confirmSeconds,
  'no-failback-without-positive-evidence': (one) => !toPrimary(one) || health(one) === 'up',
  'no-switchover-of-a-primary-that-is-not-healthy': (one) =>
    one.after.why !== 'switchover-requested' || !toStandby(one) || health(one) === 'up',
  'paused-means-no-automatic-move': (one) =>
    !isPaused(one) || !isAutomatic(one) || siteOf(one.before.phase) === siteOf(one.after.phase),
  'paused-means-nothing-is-started-ahead': (one) =>
    !isPaused(one) || !isAutomatic(one) || one.after.phase !== 'warming' || one.before.phase === 'warming',
  'an-answering-standby-is-left-only-for-a-stable-primary': (one) => {
    const leaves = one.before.phase === 'serving' && toPrimary(one) && isAutomatic(one);
    if (!leaves || one.after.why === 'standby-not-answering') return true;
    const flaps = recent(one) >= one.policy.flapLimit;
    const needed = flaps ? one.policy.flapStableSeconds : one.policy.stableSeconds;
    return seconds(one.evidence.upSince) >= needed;
  },
  'an-answering-standby-is-left-only-after-the-cooldown': (one) => {
    const leaves = one.before.phase === 'serving' && toPrimary(one) && isAutomatic(one);
    if (!leaves || one.after.why === 'standby-not-answering') return true;
    return seconds(one.before.failovers.at(-1)) >= one.policy.cooldownSeconds;
  },
  'what-an-operator-holds-is-not-brought-home': (one) =>
    heldByOf(one.before) === undefined ||
    !toPrimary(one) ||
    !isAutomatic(one) ||
    one.after.why === 'standby-not-answering',
  'the-standby-in-charge-is-never-stopped': (one) =>
    siteOf(one.after.phase) === 'primary' || !sends(one, 'stop'),
  'the-standby-is-started-only-when-it-is-wanted': (one) =>
    !sends(one, 'start') || siteOf(one.after.phase) === 'standby' || one.after.phase === 'warming',
  'a-standby-that-served-is-stopped-only-on-proof-of-health': (one) =>
    one.before.phase !== 'draining' || one.after.phase !== 'stopping' || health(one) === 'up',
  'a-standby-that-served-is-stopped-only-after-the-drain': (one) =>
    one.before.phase !== 'draining' ||
    one.after.phase !== 'stopping' ||
    seconds(one.before.since) >= one.policy.drainSeconds,
  'what-was-started-ahead-is-stopped-only-on-proof-of-health': (one) =>
    one.before.phase !== 'warming' ||
    one.after.phase !== 'cooling' ||
    one.before.testing === true ||
    health(one) === 'up',
  'no-start-on-suspicion-where-it-is-off': (one) =>
    one.policy.startOnSuspicion ||
    one.before.phase !== 'home' ||
    one.after.phase !== 'warming' ||
    isTest(one.after),
  'no-start-on-suspicion-too-often': (one) =>
    one.before.phase !== 'home' ||
    one.after.phase !== 'warming' ||
    isTest(one.after) ||
    seconds(one.before.warmedAt) >= one.policy.suspicionIntervalSeconds,
  'no-test-unless-the-primary-is-healthy': (one) =>
    one.before.phase !== 'home' || !isTest(one.after) || health(one) === 'up',
  'a-failover-is-abandoned-only-if-the-primary-came-back-after-it': (one) =>
    one.before.phase !== 'starting' ||
    !toPrimary(one) ||
    !isAutomatic(one) ||
    (one.evidence.upAt ?? 0) > one.before.decidedAt,
  'serving-means-that-the-standby-answered': (one) =>
    one.after.phase !== 'serving' || one.before.phase === 'serving' || one.reported,
  'only-an-idle-host-is-stopped': (one) =>
    !one.decision.effects.some(({ type }) => type === 'stop-capacity') ||
    (one.after.phase === 'home' &&
      one.policy.pilotLight &&
      seconds(one.before.since) >= one.policy.hostIdleSeconds &&
      health(one) === 'up'),
  'a-command-carries-a-number-that-none-had': ({ before, decision }) =>
    decision.effects.every((effect) => effect.type !== 'command' || effect.serial >= before.nextCommand),
};

/** What must hold of every step of the world. */
const invariantsOfSteps: Readonly<Record<string, (from: Machine, to: Machine) => boolean>> = {
  // Only the site wakes, and only while its primary is down; HAProxy sends nobody to the standby while that is up.
  'nothing is woken while the primary is up': (from, to) =>
    from.isWoken || !to.isWoken || from.primary === 'down',
  'what runs by a command is nobody else’s': (_, to) => !to.isWoken || to.owner === 'stop',
  'what sleeps is not woken': (_, to) => !to.isWoken || to.containerRuns,
  'a wake undoes no stop while the primary is up': (from, to) =>
    to.primary === 'down' || from.containerRuns || !to.containerRuns || to.owner === 'start',
  'a pause keeps the site from waking what nobody needs yet': (from, to) =>
    from.isWoken || !to.isWoken || from.wakeFrom <= now,
};

/** @returns the names of those that a step of the world breaks */
export function brokenIn(from: Machine, to: Machine): string[] {
  return Object.entries(invariantsOfSteps).flatMap(([name, holds]) => (holds(from, to) ? [] : [name]));
}

/** @returns the names of those that this decision breaks */
export function brokenBy(one: Decided, { policy }: Rules): string[] {
  const facts = { ...one, policy, after: one.decision.state };
  return Object.entries(invariants).flatMap(([name, holds]) => (holds(facts) ? [] : [name]));
}
