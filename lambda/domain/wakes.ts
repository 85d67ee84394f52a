/** What the host is told about waking, and what it says about having been woken by the site. */

import { addEntry, type Draft, set } from './draft.ts';
import type { StandbyFacts, Wake } from './observation.ts';
import type { Command } from './state.ts';

/**
 * From when on the site may wake the standby: always, unless automation is paused. In whole seconds, as the host keeps
 * it: what it reports must be what it was told, or it would be told again and again.
 */
export const wantedWakeFrom = ({ next: { pause }, now }: Draft): number =>
  pause !== undefined && now < pause.until ? Math.ceil(pause.until / 1000) * 1000 : 0;

/** Whether the host knows it, or what it knows comes to the same by now. */
export function isTold(d: Draft): boolean {
  const { toldWakeFrom = 0 } = d.next;
  const wanted = wantedWakeFrom(d);
  return toldWakeFrom === wanted || (wanted === 0 && toldWakeFrom <= d.now);
}

/** What a command that has succeeded brings to light. @param command what it told the host */
export function learn(
  d: Draft,
  command: Pick<Command, 'action' | 'wakeFrom'>,
  facts: StandbyFacts | undefined,
): void {
  const told = facts?.wakeFrom ?? (command.action === 'inspect' ? d.next.toldWakeFrom : command.wakeFrom);
  set(d, { toldWakeFrom: told || undefined });
  if (facts?.wake) recordWake(d, facts.wake);
}

/** Of the same wake, the host says the same in every report. */
function recordWake(d: Draft, wake: Wake): void {
  const { askedAt, answeredAt, renewedAt } = wake;
  if (askedAt === d.next.wokenAt) return;
  set(d, { wokenAt: askedAt });
  const tookMilliseconds = answeredAt === undefined ? undefined : answeredAt - askedAt;
  if (d.next.phase === 'serving' && askedAt > d.next.since) {
    // What was in charge had died, and the site did not wait for anybody to find out.
    addEntry(d, 'standby-restarted', 'standby-healthy', { wokenAt: askedAt, tookMilliseconds });
    return;
  }
  addEntry(d, 'standby-woken', 'woken-by-site', {
    wokenAt: askedAt,
    answeredAt,
    neededUntil: renewedAt,
    tookMilliseconds,
    // Where a move follows, or has been made, people hear of that.
    ...(!isNews(d, wake) && { quiet: true }),
  });
}

/** An outage that was answered, and of which nothing was known here. */
function isNews(d: Draft, { askedAt, renewedAt = askedAt }: Wake): boolean {
  const isLong = renewedAt - askedAt >= d.policy.confirmSeconds * 1000;
  return d.next.phase === 'home' && isLong && askedAt > d.next.since;
}

/** Awake because of the site, and not ours yet. */
export const isWokenBySite = ({ runs, wake }: StandbyFacts): boolean =>
  runs && wake !== undefined && wake.sleptAt === undefined;
