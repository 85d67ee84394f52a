import { type Health, primaryHealth, seenOf } from './evidence.ts';
import type {
  Channel,
  Decision,
  Delivery,
  Effect,
  Entry,
  EntryKind,
  Observation,
  Pending,
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

/** The site in charge. */
export function siteOf(phase: Phase): Site {
  return phase === 'starting' || phase === 'serving' ? 'standby' : 'primary';
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

export function isPaused({ next, now }: Draft): boolean {
  return next.pause !== undefined && now < next.pause.until;
}

/** Changes some of the state, and takes out what is given as undefined. */
export function set(d: Draft, changes: { readonly [K in keyof State]?: State[K] | undefined }): void {
  const keys = Object.keys(changes) as (keyof State)[];
  if (keys.every((key) => d.next[key] === changes[key])) return;
  const next = { ...d.next, ...changes };
  for (const key of keys) if (next[key] === undefined) delete next[key];
  d.next = next as State;
}

/** Moves to a phase; what belonged to the old one goes with it. */
export function begin(d: Draft, phase: Phase): void {
  set(d, { phase, since: d.now, command: undefined, testing: undefined, verifiedAt: undefined });
  // Another instance type was a makeshift: the next start begins with the host's own.
  if (phase === 'home') set(d, { instanceType: undefined });
}

/** What an entry says beyond what every entry does; what is given as undefined is left out. */
type More = {
  readonly [K in Exclude<
    keyof Entry,
    'id' | 'service' | 'kind' | 'epoch' | 'at' | 'reason' | 'site' | 'seen'
  >]?: Entry[K] | undefined;
};

/** Puts an entry into the outbox, claimed by whoever records this decision. */
export function note(d: Draft, kind: EntryKind, reason: Reason, more: More = {}): void {
  const { service, epoch, nextEntry, outbox, phase } = d.next;
  const id = `${String(epoch).padStart(8, '0')}-${String(nextEntry).padStart(8, '0')}`;
  const given = Object.entries(more).filter(([, value]) => value !== undefined);
  const seen = seenOf(d.observation, d.policy, d.now);
  const common = { id, service, kind, epoch, at: d.now, reason, site: siteOf(phase), seen };
  const entry: Entry = { ...common, ...Object.fromEntries(given) };
  const left = channelsOf(entry);
  const all = [...outbox, { entry, claimedAt: d.now, left }];
  // A channel that fails for days must not fill the state, which is one item of a table: the newest are kept.
  set(d, { nextEntry: nextEntry + 1, outbox: all.slice(-outboxLimit) });
  d.effects.push({ type: 'deliver', entry, channels: left });
}

/** Entries of up to about 3 KB; an item of DynamoDB takes 400 KB. */
const outboxLimit = 40;

const channelsOf = ({ quiet }: Entry): readonly Channel[] => (quiet ? ['history'] : ['history', 'mail']);

/** The moment so many seconds from now. */
export function inSeconds({ now }: Draft, seconds: number): number {
  return now + seconds * 1000;
}

/** What the host's script and hooks printed, for the audit. */
export function said(result: { readonly said?: string } | undefined): { detail?: string } {
  return result?.said ? { detail: result.said } : {};
}

/** Drops what was delivered, and claims again what its claimant must have died with, or failed to deliver. */
export function settleOutbox(d: Draft): void {
  const { delivered = [] } = d.observation;
  const kept = d.next.outbox.flatMap((pending) => stillPending(pending, delivered));
  const lapsed = d.now - d.policy.dispatchTimeoutSeconds * 1000;
  const outbox = kept.map((pending) =>
    pending.claimedAt <= lapsed ? { ...pending, claimedAt: d.now } : pending,
  );
  if (outbox.length === d.next.outbox.length && outbox.every((one, at) => one === d.next.outbox[at])) return;
  set(d, { outbox });
  const reclaimed = outbox.filter((pending, at) => pending !== kept[at]);
  for (const { entry, left = channelsOf(entry) } of reclaimed)
    d.effects.push({ type: 'deliver', entry, channels: left });
}

function stillPending(pending: Pending, delivered: readonly Delivery[]): readonly Pending[] {
  const { entry, left = channelsOf(entry) } = pending;
  const reached = delivered.filter(({ id }) => id === entry.id).map(({ channel }) => channel);
  if (reached.length === 0) return [pending];
  const still = left.filter((channel) => !reached.includes(channel));
  return still.length === 0 ? [] : [{ ...pending, left: still }];
}

/** Nothing is decided because of it, so people must hear of it; which silence it is, they hear once. */
export function tellSilence(d: Draft, reason: Reason): Reason {
  if (reason !== 'never-heard' && d.next.silence !== reason) {
    note(d, 'site-silent', reason);
    set(d, { silence: reason });
  }
  return reason;
}
