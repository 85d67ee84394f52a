/** The outbox: entries that have not reached every channel yet. */

import { channelsOf, type Draft, set } from './draft.ts';
import type { Delivery, Pending } from './history.ts';

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
