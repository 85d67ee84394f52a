/** Regular work between the moves: the sleeping standby is inspected, the serving one is verified. */

import type { Capacity } from './capacity.ts';
import { isInFlight, pursue, requestCommand, requestStart, success } from './command.ts';
import { addEntry, type Draft, isPast, isPaused, outputOf, set, setCommand, setOwn } from './draft.ts';
import { driftOf, reportDrift } from './drift.ts';
import type { Reason } from './reasons.ts';
import { beginSelfTest } from './self-test.ts';
import { type Command, commandOf, needsCapacity, type StateIn } from './state.ts';
import { isTold } from './wakes.ts';

/** The regular work at home, with a healthy primary: one thing at a time. */
export function maintain(d: Draft): Reason | undefined {
  const command = commandOf(d.next);
  if (command?.action === 'tell') return undefined;
  if (command !== undefined) return followInspection(d, command);
  if (isPaused(d)) return undefined;
  const { selfTestSeconds, pilotLight, inspectSeconds, hostIdleSeconds } = d.policy;
  if (selfTestSeconds > 0 && isPast(d, d.next.testedAt, selfTestSeconds)) return beginSelfTest(d);
  if (!pilotLight && (isPast(d, d.next.inspectedAt, inspectSeconds) || wasUnseen(d)))
    requestCommand(d, 'inspect');
  const isIdle = isPast(d, Math.max(d.next.since, d.next.hostStopAt ?? 0), hostIdleSeconds);
  if (pilotLight && d.observation.capacity === 'on' && isIdle) {
    addEntry(d, 'host-stopping', 'host-idle', { quiet: true });
    set(d, { hostStopAt: d.now });
    d.effects.push({ type: 'stop-capacity' });
  }
  return undefined;
}

/** A stretch in which the site did not say that it is well, and since which nobody has asked the host. */
function wasUnseen({ next: { inspectedAt = 0 }, observation }: Draft): boolean {
  const { upSince = 0 } = observation.evidence;
  return upSince > inspectedAt;
}

/** Tells the host, while the standby sleeps, what has changed since the last command. */
export function keepTold(d: Draft): void {
  // Whatever the primary does meanwhile: a look that has ended must not stand in the way.
  const looking = commandOf(d.next);
  if (looking?.action === 'inspect' && success(d)) followInspection(d, looking);
  // Where the site may not wake it anyway, there is nothing to tell.
  if (!d.policy.startOnSuspicion) return;
  const command = commandOf(d.next);
  if (command === undefined) {
    if (!isTold(d)) requestCommand(d, 'tell');
  } else if (command.action === 'tell') {
    if (success(d)) setCommand(d, undefined);
    else pursue(d, 'tell', d.next.why);
  }
}

/** Why a host that should be there is not. */
const whyLost: Partial<Record<Capacity, string>> = {
  off: 'the instance of the standby is stopped, and it should be running',
  gone: 'the instance of the standby is gone; "npm run failover -- host replace" makes another',
};

/** The look at the sleeping standby: is it as we left it? */
function followInspection(d: Draft, command: Command): Reason | undefined {
  const done = success(d);
  if (done) {
    setCommand(d, undefined);
    set(d, { inspectedAt: d.now });
    if (done.facts) reportDrift(d, driftOf(d, done.facts));
  } else if (!isInFlight(d, command)) {
    const lost = needsCapacity(command) && whyLost[d.observation.capacity ?? 'on'];
    if (lost) reportDrift(d, lost);
    pursue(d, 'inspect', 'primary-healthy');
  }
  return undefined;
}

/** Records that the host has confirmed the serving standby, and whether it had to restart it. */
export function recordAnswer(d: Draft): void {
  const done = success(d);
  if (!done) return;
  if (done.facts?.ran === false)
    addEntry(d, 'standby-restarted', 'standby-healthy', { ...unservedFor(d), ...outputOf(done) });
  setOwn(d, 'serving', { command: undefined, verifiedAt: d.now });
}

/** How long no site has served since the standby was last seen to answer, where the site has said so. */
function unservedFor(d: Draft): { tookMilliseconds?: number } {
  const { traffic, gap } = d.observation.evidence;
  const { verifiedAt } = d.next as StateIn<'serving'>;
  const current = traffic?.to === 'nobody' ? { from: traffic.since, until: d.now } : gap;
  return current && current.from > verifiedAt ? { tookMilliseconds: current.until - current.from } : {};
}

/** Whether the serving standby still answers, as far as is known without asking again. */
export function isAnswering(d: Draft): boolean {
  if (success(d)) return true;
  const command = commandOf(d.next);
  if (command !== undefined) return command.attempt === 1 && command.status !== 'failed';
  return !isHostGone(d);
}

/**
 * Asks the standby that serves: the start is sent again now and then, which changes nothing on a host where
 * it answers, and restarts it where it died.
 */
export function verify(d: Draft): void {
  const { command, verifiedAt } = d.next as StateIn<'serving'>;
  const { unservedAt = 0, traffic, gap } = d.observation.evidence;
  const stoppedAt = traffic?.to === 'nobody' ? traffic.since : (gap?.from ?? 0);
  const isMissed = Math.max(unservedAt, stoppedAt) > verifiedAt;
  const isDue = isMissed || isHostGone(d) || isPast(d, verifiedAt, d.policy.verifySeconds);
  if (command !== undefined) pursue(d, 'start', 'standby-healthy');
  else if (isDue) requestStart(d);
}

/** Nothing runs on a host that is off. */
export function isHostGone({ observation: { capacity } }: Draft): boolean {
  return capacity === 'off' || capacity === 'gone';
}
