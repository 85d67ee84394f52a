/** The moves of a service between the sites, and of the standby between sleep and readiness. */

import { requestCommand, requestStart, success } from './command.ts';
import { addEntry, begin, type Draft, inSeconds, outputOf, set } from './draft.ts';
import type { Entry, EntryKind } from './history.ts';
import type { Reason } from './reasons.ts';
import { flaps, heldByOf } from './state.ts';

/** A new epoch in which the standby is in charge. @param by the operator who asked for it */
export function failOver(d: Draft, reason: Reason, by?: string): Reason {
  const isPlanned = reason === 'switchover-requested';
  enter(
    d,
    isPlanned ? { heldBy: by } : {},
    isPlanned ? 'switchover-started' : 'failover-started',
    reason,
    by,
  );
  requestStart(d);
  return reason;
}

/** As {@link failOver}, with a standby that was started ahead and answers already. */
export function takeOver(d: Draft, reason: Reason): Reason {
  const { why, whySince } = d.next;
  enter(d, {}, 'failover-started', reason);
  serve(d, why === 'awaiting-confirmation' ? { answeredAt: whySince } : {});
  return reason;
}

function enter(d: Draft, own: { heldBy?: string | undefined }, kind: EntryKind, reason: Reason, by?: string) {
  nextEpoch(d);
  begin(d, 'starting', own);
  addEntry(d, kind, reason, { by, nextAt: inSeconds(d, d.policy.escalateSeconds) });
}

function nextEpoch(d: Draft): void {
  set(d, { epoch: d.next.epoch + 1, decidedAt: d.now });
}

/** The standby answers its health path. */
export function serve(d: Draft, when: Pick<Entry, 'tookMilliseconds' | 'answeredAt'>): void {
  const heldBy = heldByOf(d.next);
  const { flapLimit, flapWindowSeconds } = d.policy;
  begin(d, 'serving', { heldBy, verifiedAt: d.now });
  const woken = wokenAhead(d);
  const done = { ...when, ...woken, ...outputOf(success(d)) };
  if (heldBy !== undefined) {
    // A service that an operator holds comes home on request only.
    addEntry(d, 'failover-completed', 'standby-healthy', { ...done, by: heldBy });
    return;
  }
  const recent = d.next.failovers.filter((at) => d.now - at < flapWindowSeconds * 1000);
  set(d, { failovers: [...recent, d.now].slice(-flapLimit) });
  if (isFlapping(d)) {
    // One mail: that it serves, and that it stays. Two would say different things about the way home.
    addEntry(d, 'failover-completed', 'standby-healthy', { ...done, quiet: true });
    addEntry(d, 'flapping', 'flapping', { ...when, stableSeconds: d.policy.flapStableSeconds });
  } else {
    addEntry(d, 'failover-completed', 'standby-healthy', { ...done, ...wayHome(d, d.now) });
  }
}

/** The start found it answering, because the site had woken it before. */
function wokenAhead(d: Draft): Pick<Entry, 'wokenAt' | 'answeredAt'> {
  const facts = success(d)?.facts;
  if (!facts?.ran || !facts.wake || facts.wake.sleptAt !== undefined) return {};
  const { askedAt, answeredAt } = facts.wake;
  return { wokenAt: askedAt, ...(answeredAt !== undefined && { answeredAt }) };
}

/** What the failback waits for, for the mail. @param completedAt when the failover was completed */
export function wayHome({ policy }: Draft, completedAt: number) {
  const { stableSeconds, cooldownSeconds } = policy;
  return { stableSeconds, nextAt: completedAt + cooldownSeconds * 1000 };
}

/** Too many failovers in too short a time: the primary's word of health is worth less then. */
export const isFlapping = ({ next, policy, now }: Draft): boolean => flaps(next, policy, now);

/** A new epoch in which the primary is in charge; the standby goes on until it has drained. */
export function comeHome(d: Draft, reason: Reason, by?: string): Reason {
  const isAbandoned = reason === 'primary-back-before-standby';
  nextEpoch(d);
  begin(d, 'draining', {});
  const nextAt = inSeconds(d, d.policy.drainSeconds);
  addEntry(d, isAbandoned ? 'failover-abandoned' : 'failback-started', reason, { by, nextAt });
  return reason;
}

/** Starts the standby with the primary still in charge. */
export function startAhead(d: Draft, reason: Reason): void {
  begin(d, 'warming', { testing: false });
  set(d, { warmedAt: d.now });
  addEntry(d, 'standby-warmed', reason, { quiet: true });
  requestStart(d);
}

/** Stops what was started ahead. */
export function stopAgain(d: Draft): void {
  begin(d, 'cooling', {});
  requestCommand(d, 'stop');
}
