/** Commands to the host: sent, seen through to their end, and tried again when they fail. */

import { addEntry, type Draft, set, setCommand } from './draft.ts';
import type { CommandReport } from './observation.ts';
import { siteOf } from './phase.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import { type Action, type Command, commandOf, type FailureCause, needsCapacity } from './state.ts';
import { learn, wantedWakeFrom } from './wakes.ts';

/** The report of the command that the current phase waits for, if there is one. */
function report(d: Draft): CommandReport | undefined {
  const { command } = d.observation;
  return command?.serial === commandOf(d.before)?.serial ? command : undefined;
}

/** What the host said when it had done what the phase waits for; undefined if it has not. */
export function success(d: Draft) {
  const result = report(d);
  return result?.outcome === 'succeeded' ? result : undefined;
}

/** Writes what became of the command into the state: its id once sent, its failure and next try. */
export function absorb(d: Draft): void {
  absorbCapacityStart(d);
  const command = commandOf(d.next);
  if (command === undefined || command.status === 'failed') return;
  const result = report(d);
  switch (result?.outcome) {
    case 'sent':
      if (command.status !== 'sent' || command.id !== result.id)
        setCommand(d, { ...base(command), status: 'sent', id: result.id });
      break;
    case 'failed':
      fail(d, command, 'command', result.detail);
      break;
    case 'host-unreachable':
      fail(d, command, 'host-unreachable', result.detail);
      break;
    case 'superseded':
      catchUp(d, command, result.newest);
      break;
    case 'succeeded':
      if (command.action === 'start') set(d, { startFailure: undefined });
      learn(d, command, result.facts);
      break;
    default: {
      const { commandTimeoutSeconds: limit } = d.policy;
      if (d.now - command.requestedAt >= limit * 1000)
        fail(d, command, 'command', `no result after ${limit} s`);
    }
  }
}

/** No state that was lost or restored is so far behind: a service has a command a minute at most. */
const furthestBehind = 1_000_000;

/** The host has run a newer command. To refuse for ever would leave nobody in charge: the next try is newer still. */
function catchUp(d: Draft, command: Command, newest: number): void {
  // What a broken host says must not use up the numbers of all commands to come.
  const isCredible = Number.isSafeInteger(newest) && newest <= command.serial + furthestBehind;
  if (isCredible) set(d, { nextCommand: Math.max(d.next.nextCommand, newest + 1) });
  fail(d, command, 'command', isCredible ? `the host had run command ${newest} already` : brokenFence);
}

const brokenFence =
  'the host says that it has run a command with an impossible number: its record of the last one is broken; replace the host';

/** There was no machine to be had: the next type is tried with the next try. */
function absorbCapacityStart(d: Draft): void {
  const command = commandOf(d.next);
  if (d.observation.capacityStart !== 'no-capacity' || command?.status !== 'failed') return;
  // Only of a command that waits for the host; and once.
  if (!needsCapacity(command) || command.cause === 'no-capacity') return;
  const { instanceTypes } = d.policy;
  const tried = d.next.instanceType ?? 0;
  const following = instanceTypes.length > 1 ? (tried + 1) % instanceTypes.length : undefined;
  const detail = [
    instanceTypes[tried] ?? 'the instance type of the host',
    following === undefined ? 'the same is tried again' : `next is ${instanceTypes[following]}`,
  ].join('; ');
  const failure = 'there is no capacity for the host';
  setCommand(d, { ...command, cause: 'no-capacity', failure });
  set(d, { instanceType: following });
  if (command.action === 'start') set(d, { startFailure: { at: d.now, failure } });
  const { attempt, retryAt: nextAt } = command;
  if (isWorthTelling(attempt)) addEntry(d, 'no-capacity', 'no-capacity', { detail, attempt, nextAt });
}

const failures: Record<Action, Reason> = {
  start: 'start-failed',
  stop: 'stop-failed',
  inspect: 'drift',
  tell: 'drift',
};

function fail(d: Draft, command: Command, cause: FailureCause, failure: string): void {
  const { action, attempt } = command;
  const wait = retryWait(d.policy, attempt);
  const retryAt = d.now + wait * 1000;
  setCommand(d, { ...base(command), status: 'failed', cause, failure, retryAt });
  // A sleeping host takes a while to register.
  const isBooting = cause === 'host-unreachable' && d.policy.pilotLight && attempt < 8;
  if (action === 'start' && !isBooting) set(d, { startFailure: { at: d.now, failure } });
  if (!isWorthTelling(attempt)) return;
  const detail = `${action}, attempt ${attempt}: ${failure}; next try in ${wait} s`;
  // A failed self-test has its own mail.
  const isTest = d.next.phase === 'warming' && d.next.testing;
  const quiet = isTest || isBooting;
  addEntry(d, 'command-failed', failures[action], {
    detail,
    attempt,
    nextAt: retryAt,
    ...(quiet && { quiet }),
  });
}

/** A command without what became of it. */
const base = ({ action, serial, attempt, requestedAt, wakeFrom }: Command) => ({
  action,
  serial,
  attempt,
  requestedAt,
  ...(wakeFrom !== undefined && { wakeFrom }),
});

/** Seconds until the next try. */
function retryWait(policy: Policy, attempt: number): number {
  return Math.min(policy.retrySeconds * 2 ** Math.min(attempt - 1, 16), policy.retryMaxSeconds);
}

/** The 1st, 2nd, 4th, 8th… time: often enough to know, too seldom to drown in. */
function isWorthTelling(attempt: number): boolean {
  return (attempt & (attempt - 1)) === 0;
}

/** Starting the host takes the place of one try of the command, so that it is paced like one. */
function requestCapacity(d: Draft, command: ReturnType<typeof base>): void {
  const attempt = command.attempt + 1;
  const retryAt = d.now + retryWait(d.policy, attempt) * 1000;
  const failure = 'the host was off; it was asked to start';
  setCommand(d, { ...command, attempt, status: 'failed', cause: 'host-off', failure, retryAt });
  const instanceType = d.policy.instanceTypes[d.next.instanceType ?? 0];
  d.effects.push({ type: 'start-capacity', ...(instanceType && { instanceType }) });
  if (isWorthTelling(attempt)) addEntry(d, 'host-starting', 'host-not-ready', { nextAt: retryAt });
}

export function requestCommand(d: Draft, action: Action, attempt = 1): void {
  const { epoch, phase } = d.next;
  const serial = nextSerial(d);
  const wakeFrom = wantedWakeFrom(d);
  const told = wakeFrom > 0 ? { wakeFrom } : {};
  setCommand(d, { action, serial, attempt, requestedAt: d.now, ...told, status: 'requested' });
  d.effects.push({ type: 'command', action, epoch, serial, attempt, inCharge: siteOf(phase), wakeFrom });
}

/** A start begins with the host if that is known to be off: a command could only say that it is. */
export function requestStart(d: Draft): void {
  if (d.observation.capacity !== 'off') requestCommand(d, 'start');
  else requestCapacity(d, { action: 'start', serial: nextSerial(d), attempt: 0, requestedAt: d.now });
}

function nextSerial(d: Draft): number {
  const { nextCommand } = d.next;
  set(d, { nextCommand: nextCommand + 1 });
  return nextCommand;
}

/** Somebody is dispatching it, or the host is at it. */
export function isInFlight(d: Draft, command: Command): boolean {
  if (command.status === 'failed') return false;
  return command.status === 'sent' || d.now - command.requestedAt < d.policy.dispatchTimeoutSeconds * 1000;
}

/** Longer than a dispatch and the start of a container take together. */
const unseenSeconds = 15;

/**
 * A start that should have been seen by now, and the site still sees nobody serve. A command can be lost for good
 * without an end (docs/when-parts-die.md has the source). Sent again, it changes nothing on a host where it worked.
 */
function isUnseen({ observation }: Draft, { action, requestedAt }: Command): boolean {
  const { unservedAt = 0 } = observation.evidence;
  return action === 'start' && unservedAt - requestedAt >= unseenSeconds * 1000;
}

/** Sees the phase's command through: wait, or try again when that is due. */
export function pursue(d: Draft, action: Action, waiting: Reason): Reason {
  const command = commandOf(d.next);
  if (command === undefined) {
    // Cannot come from our own writes; a state restored by hand still converges.
    requestCommand(d, action);
    return waiting;
  }
  if (isInFlight(d, command)) {
    if (isUnseen(d, command)) requestCommand(d, action, command.attempt);
    return waiting;
  }
  const isDue = command.status !== 'failed' || d.now >= command.retryAt;
  if (needsCapacity(command) && action === 'start') {
    const { capacity } = d.observation;
    if (isDue && capacity === 'off') requestCapacity(d, base(command));
    const isMoving = capacity === 'off' || capacity === 'stopping' || capacity === 'starting';
    if (!isDue || isMoving) return hasNoCapacity(d) ? 'no-capacity' : 'host-not-ready';
  }
  if (!isDue) return needsCapacity(command) ? 'host-not-ready' : failures[action];
  requestCommand(d, action, command.attempt + 1);
  return waiting;
}

function hasNoCapacity({ next }: Draft): boolean {
  const command = commandOf(next);
  return command?.status === 'failed' && command.cause === 'no-capacity';
}
