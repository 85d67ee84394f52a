import { requestCommand, requestStart, success } from './command.ts';
import { begin, type Draft, note, said, set } from './draft.ts';
import type { EntryKind, Reason } from './types.ts';

/** A new epoch in which the standby is in charge. */
export function failOver(d: Draft, reason: Reason, by?: string): Reason {
  const kind = reason === 'switchover-requested' ? 'switchover-started' : 'failover-started';
  decideFor(d, kind, reason, by);
  begin(d, 'starting');
  set(d, { heldBy: kind === 'switchover-started' ? by : undefined });
  requestStart(d);
  return reason;
}

/** As {@link failOver}, with a standby that was started ahead and answers already. */
export function takeOver(d: Draft, reason: Reason): Reason {
  decideFor(d, 'failover-started', reason);
  serve(d);
  return reason;
}

/** The standby answers its health path. @param tookMilliseconds since the move was decided */
export function serve(d: Draft, tookMilliseconds?: number): void {
  const took = tookMilliseconds === undefined ? {} : { tookMilliseconds };
  note(d, 'failover-completed', 'standby-healthy', { ...took, ...said(success(d)) });
  begin(d, 'serving');
  set(d, { verifiedAt: d.now });
  if (d.next.heldBy !== undefined) return;
  const { flapLimit, flapWindowSeconds } = d.policy;
  const recent = d.next.failovers.filter((at) => d.now - at < flapWindowSeconds * 1000);
  set(d, { failovers: [...recent, d.now].slice(-flapLimit) });
  if (isFlapping(d)) note(d, 'flapping', 'flapping');
}

/** Too many failovers in too short a time: the primary's word of health is worth less then. */
export function isFlapping({ next, policy, now }: Draft): boolean {
  const since = Math.max(next.acknowledgedAt ?? 0, now - policy.flapWindowSeconds * 1000);
  return next.failovers.filter((at) => at > since).length >= policy.flapLimit;
}

/** A new epoch in which the primary is in charge; the standby goes on until it has drained. */
export function comeHome(d: Draft, reason: Reason, by?: string): Reason {
  const isAbandoned = reason === 'primary-back-before-standby';
  decideFor(d, isAbandoned ? 'failover-abandoned' : 'failback-started', reason, by);
  begin(d, 'draining');
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

function decideFor(d: Draft, kind: EntryKind, reason: Reason, by?: string): void {
  set(d, { epoch: d.next.epoch + 1, decidedAt: d.now });
  note(d, kind, reason, by === undefined ? {} : { by });
}
