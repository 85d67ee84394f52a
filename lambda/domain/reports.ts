/** Conditions that are reported once while they last: the silence of the site, and its clock. */

import { addEntry, type Draft, health, set } from './draft.ts';
import type { Reason } from './reasons.ts';

/** Nothing is decided because of a silence, so it must be reported. Each kind of silence is reported once. */
export function reportSilence(d: Draft, reason: Reason): Reason {
  // Of two views that disagree, the site itself sends a mail.
  const isTold = reason === 'never-heard' || reason === 'views-disagree' || d.next.silence === reason;
  if (!isTold) {
    addEntry(d, 'site-silent', reason);
    set(d, { silence: reason });
  }
  return reason;
}

/** Whatever the site says ends its silence. */
export function endSilence(d: Draft): void {
  if (d.next.silence === undefined || health(d) === 'unknown') return;
  addEntry(d, 'site-heard', d.next.silence);
  set(d, { silence: undefined });
}

/** More than clocks differ that are kept by NTP, and enough for a person to mend. */
const wrongClockSeconds = 5;

/** With a wrong clock, what the site says counts from its arrival, because its age is not known. */
export function reportClock(d: Draft): void {
  const { aheadMilliseconds = 0 } = d.observation.evidence;
  const isWrong = aheadMilliseconds >= wrongClockSeconds * 1000;
  if (isWrong === (d.next.clockTold ?? false)) return;
  set(d, { clockTold: isWrong || undefined });
  const detail = isWrong ? `ahead by ${Math.round(aheadMilliseconds / 1000)} s` : 'right again';
  addEntry(d, 'site-clock', 'clock-ahead', { detail, ...(!isWrong && { quiet: true }) });
}
