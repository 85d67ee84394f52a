import type {
  Action,
  Command,
  Decision,
  Effect,
  EntryKind,
  Observation,
  Phase,
  Policy,
  Reason,
  Site,
  State,
} from './types.ts';

/** A decision in the making. It lives for one call of `decide` and never leaves it. */
export type Draft = {
  readonly before: State;
  readonly observation: Observation;
  readonly policy: Policy;
  readonly now: number;
  next: State;
  effects: Effect[];
};

export function draft(state: State, observation: Observation, policy: Policy, now: number): Draft {
  return { before: state, observation, policy, now, next: state, effects: [] };
}

export function finish(d: Draft, site: Site, reason: Reason): Decision {
  return { site, reason, state: d.next, effects: d.effects };
}

/** Moves to a phase; the old phase's command goes with it. */
export function begin(d: Draft, phase: Phase): void {
  const { command: _, ...rest } = d.next;
  d.next = { ...rest, phase, since: d.now };
}

/** Puts an entry into the outbox, claimed by whoever records this decision. */
export function note(
  d: Draft,
  kind: EntryKind,
  reason: Reason,
  more: { detail?: string; tookMilliseconds?: number; quiet?: boolean } = {},
): void {
  const { service, epoch, nextEntry, outbox } = d.next;
  const id = `${String(epoch).padStart(8, '0')}-${String(nextEntry).padStart(8, '0')}`;
  const entry = { id, service, kind, epoch, at: d.now, reason, ...more };
  d.next = { ...d.next, nextEntry: nextEntry + 1, outbox: [...outbox, { entry, claimedAt: d.now }] };
  d.effects.push({ type: 'deliver', entry });
}

/** Drops what was delivered, and claims again what its claimant must have died with. */
export function settleOutbox(d: Draft): void {
  const delivered = new Set(d.observation.delivered);
  const kept = d.next.outbox.filter(({ entry }) => !delivered.has(entry.id));
  const lapsed = d.now - d.policy.dispatchTimeoutSeconds * 1000;
  const outbox = kept.map((pending) =>
    pending.claimedAt <= lapsed ? { ...pending, claimedAt: d.now } : pending,
  );
  const reclaimed = outbox.filter((pending, i) => pending !== kept[i]);
  if (kept.length === d.next.outbox.length && reclaimed.length === 0) return;
  d.next = { ...d.next, outbox };
  d.effects.push(...reclaimed.map(({ entry }) => ({ type: 'deliver' as const, entry })));
}

/** The report of the command that the current phase waits for, if there is one. */
function report(d: Draft) {
  const { command } = d.observation;
  return command?.serial === d.before.command?.serial ? command : undefined;
}

export function outcomeOf(d: Draft) {
  return report(d)?.outcome;
}

/** Writes what became of the command into the state: its id once sent, its failure and next try. */
export function absorb(d: Draft): void {
  const command = d.next.command;
  if (command === undefined || command.retryAt !== undefined) return;
  const result = report(d);
  if (result?.outcome === 'sent') {
    if (command.id !== result.id) d.next = { ...d.next, command: { ...command, id: result.id } };
  } else if (result?.outcome === 'failed') {
    fail(d, command, result.detail, false);
  } else if (result?.outcome === 'host-unreachable') {
    fail(d, command, result.detail, true);
  } else if (result?.outcome === 'superseded') {
    // Catch up with the host and try again: refusing for ever would leave nobody in charge.
    d.next = { ...d.next, nextCommand: Math.max(d.next.nextCommand, result.newest + 1) };
    fail(d, command, `the host had run command ${result.newest} already`, false);
  } else if (result?.outcome !== 'succeeded') {
    const { commandTimeoutSeconds: limit } = d.policy;
    if (d.now - command.requestedAt >= limit * 1000) fail(d, command, `no result after ${limit} s`, false);
  }
}

function fail(d: Draft, command: Command, failure: string, hostUnreachable: boolean): void {
  const wait = retryWait(d.policy, command.attempt);
  d.next = { ...d.next, command: { ...command, failure, hostUnreachable, retryAt: d.now + wait * 1000 } };
  if (!worthTelling(command.attempt)) return;
  const detail = `${command.action}, attempt ${command.attempt}: ${failure}; next try in ${wait} s`;
  note(d, 'command-failed', command.action === 'start' ? 'start-failed' : 'stop-failed', { detail });
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
export function requestHost(d: Draft, command: Command): void {
  const attempt = command.attempt + 1;
  const retryAt = d.now + retryWait(d.policy, attempt) * 1000;
  d.next = { ...d.next, command: { ...command, attempt, retryAt } };
  d.effects.push({ type: 'start-host' });
  if (worthTelling(attempt)) note(d, 'host-starting', 'host-not-ready');
}

/** Somebody is dispatching it, or the host is at it. */
export function inFlight(d: Draft, command: Command): boolean {
  if (command.retryAt !== undefined) return false;
  if (command.id !== undefined) return true;
  return d.now - command.requestedAt < d.policy.dispatchTimeoutSeconds * 1000;
}

export function due(d: Draft, command: Command): boolean {
  return command.retryAt === undefined || d.now >= command.retryAt;
}

export function requestCommand(d: Draft, action: Action, attempt: number): void {
  const { epoch, nextCommand: serial } = d.next;
  d.next = { ...d.next, nextCommand: serial + 1, command: { action, serial, attempt, requestedAt: d.now } };
  d.effects.push({ type: 'command', action, epoch, serial, attempt });
}
