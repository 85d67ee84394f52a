import { type Draft, note, set } from './draft.ts';
import type { Action, Command, CommandReport, Policy, Reason } from './types.ts';

/** The report of the command that the current phase waits for, if there is one. */
function report(d: Draft): CommandReport | undefined {
  const { command } = d.observation;
  return command?.serial === d.before.command?.serial ? command : undefined;
}

/** What the host said when it had done what the phase waits for; undefined if it has not. */
export function success(d: Draft) {
  const result = report(d);
  return result?.outcome === 'succeeded' ? result : undefined;
}

/** Writes what became of the command into the state: its id once sent, its failure and next try. */
export function absorb(d: Draft): void {
  absorbHostStart(d);
  const command = d.next.command;
  if (command === undefined || command.retryAt !== undefined) return;
  const result = report(d);
  if (result?.outcome === 'sent') {
    if (command.id !== result.id) set(d, { command: { ...command, id: result.id } });
  } else if (result?.outcome === 'failed') {
    fail(d, command, result.detail, false);
  } else if (result?.outcome === 'host-unreachable') {
    fail(d, command, result.detail, true);
  } else if (result?.outcome === 'superseded') {
    // Catch up with the host and try again: refusing for ever would leave nobody in charge.
    if (isCredible(result.newest, command)) {
      set(d, { nextCommand: Math.max(d.next.nextCommand, result.newest + 1) });
      fail(d, command, `the host had run command ${result.newest} already`, false);
    } else fail(d, command, brokenFence, false);
  } else if (result?.outcome !== 'succeeded') {
    const { commandTimeoutSeconds: limit } = d.policy;
    if (d.now - command.requestedAt >= limit * 1000) fail(d, command, `no result after ${limit} s`, false);
  }
}

/** No state that was lost or restored is so far behind: a service has a command a minute at most. */
const furthestBehind = 1_000_000;

/** What a broken host says must not use up the numbers of all commands to come. */
function isCredible(newest: number, { serial }: Command): boolean {
  return Number.isSafeInteger(newest) && newest <= serial + furthestBehind;
}

const brokenFence =
  'the host says that it has run a command with an impossible number: its record of the last one is broken; replace the host';

function absorbHostStart(d: Draft): void {
  const { command } = d.next;
  if (command === undefined || d.observation.hostStart !== 'no-capacity' || command.noCapacity) return;
  const { instanceTypes } = d.policy;
  const tried = d.next.instanceType ?? 0;
  const following = instanceTypes.length > 1 ? (tried + 1) % instanceTypes.length : undefined;
  const detail = [
    instanceTypes[tried] ?? 'the instance type of the host',
    following === undefined ? 'the same is tried again' : `next is ${instanceTypes[following]}`,
  ].join('; ');
  set(d, { command: { ...command, noCapacity: true }, instanceType: following });
  const { attempt, retryAt: nextAt } = command;
  if (worthTelling(attempt)) note(d, 'no-capacity', 'no-capacity', { detail, attempt, nextAt });
}

const failures: Record<Action, Reason> = {
  start: 'start-failed',
  stop: 'stop-failed',
  inspect: 'drift',
};

function fail(d: Draft, command: Command, failure: string, hostUnreachable: boolean): void {
  const wait = retryWait(d.policy, command.attempt);
  const retryAt = d.now + wait * 1000;
  set(d, { command: { ...command, failure, hostUnreachable, retryAt } });
  const { attempt } = command;
  if (!worthTelling(attempt)) return;
  const detail = `${command.action}, attempt ${attempt}: ${failure}; next try in ${wait} s`;
  // A failed self-test has a message of its own, and a sleeping host takes a while to register.
  const isBooting = hostUnreachable && d.policy.pilotLight && attempt < 8;
  const quiet = d.next.testing === true || isBooting;
  note(d, 'command-failed', failures[command.action], {
    detail,
    attempt,
    nextAt: retryAt,
    ...(quiet && { quiet }),
  });
}

/** Seconds until the next try. */
function retryWait(policy: Policy, attempt: number): number {
  return Math.min(policy.retrySeconds * 2 ** Math.min(attempt - 1, 16), policy.retryMaxSeconds);
}

/** The 1st, 2nd, 4th, 8th… time: often enough to know, too seldom to drown in. */
function worthTelling(attempt: number): boolean {
  return (attempt & (attempt - 1)) === 0;
}

/** Starting the instance takes the place of one try of the command, so that it is paced like one. */
function requestHost(d: Draft, command: Command): void {
  const attempt = command.attempt + 1;
  const retryAt = d.now + retryWait(d.policy, attempt) * 1000;
  const { noCapacity: _, ...rest } = command;
  set(d, { command: { ...rest, attempt, retryAt } });
  const instanceType = d.policy.instanceTypes[d.next.instanceType ?? 0];
  d.effects.push({ type: 'start-host', ...(instanceType && { instanceType }) });
  if (worthTelling(attempt)) note(d, 'host-starting', 'host-not-ready', { nextAt: retryAt });
}

export function requestCommand(d: Draft, action: Action, attempt = 1): void {
  const { epoch, nextCommand: serial } = d.next;
  set(d, { nextCommand: serial + 1, command: { action, serial, attempt, requestedAt: d.now } });
  d.effects.push({ type: 'command', action, epoch, serial, attempt });
}

/** A start begins with the instance if it is known to be stopped: SSM could only say that it is. */
export function requestStart(d: Draft): void {
  if (d.observation.host !== 'stopped') {
    requestCommand(d, 'start');
    return;
  }
  const { nextCommand: serial } = d.next;
  set(d, { nextCommand: serial + 1 });
  requestHost(d, { action: 'start', serial, attempt: 0, requestedAt: d.now, hostUnreachable: true });
}

/** Somebody is dispatching it, or the host is at it. */
export function inFlight(d: Draft, command: Command): boolean {
  if (command.retryAt !== undefined) return false;
  if (command.id !== undefined) return true;
  return d.now - command.requestedAt < d.policy.dispatchTimeoutSeconds * 1000;
}

/** Longer than a dispatch and the start of a container take together. */
const unseenSeconds = 15;

/**
 * A start that should have been seen by now, and the site still sees nobody serve. SSM can lose a command for
 * good, without an end (amazon-ssm-agent issues 316 and 430). Sent again, it changes nothing on a host where it
 * has worked.
 */
function isUnseen({ observation }: Draft, { action, requestedAt }: Command): boolean {
  const { nobodyAt = 0 } = observation.evidence;
  return action === 'start' && nobodyAt - requestedAt >= unseenSeconds * 1000;
}

/** Sees the phase's command through: wait, or try again when that is due. */
export function pursue(d: Draft, action: Action, waiting: Reason): Reason {
  const { command } = d.next;
  if (command === undefined) {
    // Cannot come from our own writes; a state restored by hand still converges.
    requestCommand(d, action);
    return waiting;
  }
  if (inFlight(d, command)) {
    if (isUnseen(d, command)) requestCommand(d, action, command.attempt);
    return waiting;
  }
  const { host } = d.observation;
  const isDue = command.retryAt === undefined || d.now >= command.retryAt;
  if (command.hostUnreachable && action === 'start') {
    if (isDue && host === 'stopped') requestHost(d, command);
    const isMoving = host === 'stopped' || host === 'stopping' || host === 'pending';
    if (!isDue || isMoving) return d.next.command?.noCapacity ? 'no-capacity' : 'host-not-ready';
  }
  if (!isDue) return command.hostUnreachable ? 'host-not-ready' : failures[action];
  requestCommand(d, action, command.attempt + 1);
  return waiting;
}
