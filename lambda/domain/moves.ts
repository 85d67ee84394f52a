import { requestCommand, requestStart, success } from './command.ts';
import { begin, type Draft, inSeconds, note, said, set } from './draft.ts';
import type { Entry, EntryKind, Phase, Reason } from './types.ts';

/** A new epoch in which the standby is in charge. */
export function failOver(d: Draft, reason: Reason, by?: string): Reason {
  const kind = reason === 'switchover-requested' ? 'switchover-started' : 'failover-started';
  decideFor(d, 'starting', kind, reason, by);
  set(d, { heldBy: kind === 'switchover-started' ? by : undefined });
  requestStart(d);
  return reason;
}

/** As {@link failOver}, with a standby that was started ahead and answers already. */
export function takeOver(d: Draft, reason: Reason): Reason {
  const { why, whySince } = d.next;
  decideFor(d, 'starting', 'failover-started', reason);
  serve(d, why === 'awaiting-confirmation' ? { answeredAt: whySince } : {});
  return reason;
}

/** The standby answers its health path. */
export function serve(d: Draft, when: Pick<Entry, 'tookMilliseconds' | 'answeredAt'>): void {
  const { heldBy } = d.next;
  const { flapLimit, flapWindowSeconds } = d.policy;
  begin(d, 'serving');
  set(d, { verifiedAt: d.now });
  note(d, 'failover-completed', 'standby-healthy', {
    ...when,
    ...said(success(d)),
    // What an operator holds comes home on request and at no time of its own.
    ...(heldBy === undefined ? wayHome(d, d.now) : { by: heldBy }),
  });
  if (heldBy !== undefined) return;
  const recent = d.next.failovers.filter((at) => d.now - at < flapWindowSeconds * 1000);
  set(d, { failovers: [...recent, d.now].slice(-flapLimit) });
  if (isFlapping(d)) note(d, 'flapping', 'flapping', { stableSeconds: d.policy.flapStableSeconds });
}

/** What the way home waits for, as people are told it. @param completedAt when the failover was completed */
export function wayHome({ policy }: Draft, completedAt: number) {
  const { stableSeconds, cooldownSeconds } = policy;
  return { stableSeconds, nextAt: completedAt + cooldownSeconds * 1000 };
}

/** Too many failovers in too short a time: the primary's word of health is worth less then. */
export function isFlapping({ next, policy, now }: Draft): boolean {
  const since = Math.max(next.acknowledgedAt ?? 0, now - policy.flapWindowSeconds * 1000);
  return next.failovers.filter((at) => at > since).length >= policy.flapLimit;
}

/** A new epoch in which the primary is in charge; the standby goes on until it has drained. */
export function comeHome(d: Draft, reason: Reason, by?: string): Reason {
  const isAbandoned = reason === 'primary-back-before-standby';
  decideFor(d, 'draining', isAbandoned ? 'failover-abandoned' : 'failback-started', reason, by);
  set(d, { heldBy: undefined });
  return reason;
}

/** Starts the standby with the primary still in charge. */
export function warm(d: Draft, reason: Reason): void {
  begin(d, 'warming');
  set(d, { warmedAt: d.now });
  note(d, 'standby-warmed', reason, { quiet: true });
  requestStart(d);
}

/** Stops again what was started ahead. */
export function cool(d: Draft): void {
  begin(d, 'cooling');
  requestCommand(d, 'stop');
}

function decideFor(d: Draft, phase: Phase, kind: EntryKind, reason: Reason, by?: string): void {
  const { escalateSeconds, drainSeconds } = d.policy;
  set(d, { epoch: d.next.epoch + 1, decidedAt: d.now });
  begin(d, phase);
  note(d, kind, reason, { by, nextAt: inSeconds(d, phase === 'starting' ? escalateSeconds : drainSeconds) });
}
