/** A decision in the making, and the few ways in which it may change. */

import type { Decision, Effect } from './decision.ts';
import type { Health } from './evidence.ts';
import { primaryHealth, seenOf } from './health.ts';
import type { Channel, Entry, EntryKind } from './history.ts';
import type { Observation } from './observation.ts';
import { type Phase, siteOf } from './phase.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Command, OwnState, SharedState, State } from './state.ts';

/** It lives for one call of `decide` and never leaves it. */
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

export function finish(d: Draft): Decision {
  return { site: siteOf(d.next.phase), reason: d.next.why, state: d.next, effects: d.effects };
}

export function health({ observation, policy, now }: Draft): Health {
  return primaryHealth(observation.evidence, policy, now);
}

/** Whether `seconds` have passed since a moment; a moment that never was is long ago. */
export function isPast({ now }: Draft, moment: number | undefined, seconds: number): boolean {
  return now - (moment ?? Number.NEGATIVE_INFINITY) >= seconds * 1000;
}

/** The moment so many seconds from now. */
export function inSeconds({ now }: Draft, seconds: number): number {
  return now + seconds * 1000;
}

export function isPaused({ next, now }: Draft): boolean {
  return next.pause !== undefined && now < next.pause.until;
}

type Changes<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Changes some of what all phases have, and takes out what is given as undefined. */
export function set(d: Draft, changes: Changes<SharedState>): void {
  change(d, changes);
}

/** As {@link set}, for the fields of one phase. @throws Error in another phase, which is a defect */
export function setOwn<P extends Phase>(d: Draft, phase: P, changes: Changes<OwnState[P]>): void {
  if (d.next.phase !== phase) throw new Error(`phase: received ${d.next.phase}, expected ${phase}`);
  change(d, changes);
}

/** The command of the phase. Every phase but `draining` can have one. */
export function setCommand(d: Draft, command: Command | undefined): void {
  change(d, { command });
}

function change(d: Draft, changes: Readonly<Record<string, unknown>>): void {
  const before: Readonly<Record<string, unknown>> = d.next;
  const keys = Object.keys(changes);
  if (keys.every((key) => before[key] === changes[key])) return;
  const next: Record<string, unknown> = { ...before, ...changes };
  for (const key of keys) if (next[key] === undefined) delete next[key];
  d.next = next as State;
}

type OwnKey = { [P in Phase]: keyof OwnState[P] }[Phase];

/** The fields that end with a phase. */
const ofPhases: Readonly<Record<OwnKey, undefined>> = {
  command: undefined,
  testing: undefined,
  heldBy: undefined,
  stuckTold: undefined,
  verifiedAt: undefined,
};

/** Moves to a phase, with the fields of that phase. */
export function begin<P extends Phase>(d: Draft, phase: P, own: OwnState[P]): void {
  // Another instance type was a makeshift: the next start begins with the host's own.
  const isHome = phase === 'home';
  change(d, { ...ofPhases, ...own, phase, since: d.now, ...(isHome && { instanceType: undefined }) });
}

/** Keeps why the service stands where it stands, and since when. */
export function setReason(d: Draft, reason: Reason): void {
  set(d, { why: reason, whySince: d.now });
}

/** What an entry says beyond what every entry does; what is given as undefined is left out. */
type More = Changes<Omit<Entry, 'id' | 'service' | 'kind' | 'epoch' | 'at' | 'reason' | 'site' | 'seen'>>;

/** Adds an entry. It waits in the outbox, claimed by the decider that records this decision. */
export function addEntry(d: Draft, kind: EntryKind, reason: Reason, more: More = {}): void {
  const { service, epoch, nextEntry, outbox, phase } = d.next;
  const id = `${String(epoch).padStart(8, '0')}-${String(nextEntry).padStart(8, '0')}`;
  const given = Object.entries(more).filter(([, value]) => value !== undefined);
  const seen = seenOf(d.observation, d.policy, d.now);
  const common = { id, service, kind, epoch, at: d.now, reason, site: siteOf(phase), seen };
  const entry: Entry = { ...common, ...Object.fromEntries(given) };
  const left = channelsOf(entry);
  const all = [...outbox, { entry, claimedAt: d.now, left }];
  // A channel that fails for days must not fill the state, which is one record: the newest entries are kept.
  set(d, { nextEntry: nextEntry + 1, outbox: all.slice(-outboxLimit) });
  d.effects.push({ type: 'deliver', entry, channels: left });
}

/** Entries of up to about 3 KB each; the record may have 400 KB. */
const outboxLimit = 40;

/** The channels that an entry must reach. */
export const channelsOf = ({ quiet }: Entry): readonly Channel[] =>
  quiet ? ['history'] : ['history', 'mail'];

/** What the host's script and hooks printed, as the detail of an entry. */
export function outputOf(result: { readonly output?: string } | undefined): { detail?: string } {
  return result?.output ? { detail: result.output } : {};
}
