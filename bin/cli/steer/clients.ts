import type { Evidence, Serving, Traffic } from '../../../lambda/domain/evidence.ts';

/** What clients get, by the word of the site and by nothing else. All moments are Unix milliseconds. */
export type Clients = {
  /** `unknown`: the site has not said it, or not recently. */
  readonly serving: Serving | 'unknown';
  readonly since?: number;
} & Pick<Traffic, 'standby' | 'waiting' | 'refused'> & {
    /** When the site said so. */
    readonly saidAt?: number;
  };

/**
 * After so long without a word nobody knows who serves. The site speaks every 11 s (monitoring/alertmanager.yml), and
 * what it says is up to 5 s old then (`--rules.alert.resend-delay` in onprem/compose.yaml).
 */
const knownSeconds = 20;

/**
 * HAProxy looks for a standby that is down five times a second, and the word of it takes a second or two. After so long
 * a standby that answers on its host should have been found.
 */
export const seenSeconds = 10;

/** @param now Unix milliseconds */
export function clientsOf(evidence: Evidence, now: number): Clients {
  const { traffic, upAt = 0, downAt = 0, suspectAt = 0, troubleSince } = evidence;
  const isFresh = (at: number) => now - at <= knownSeconds * 1000;
  const troubleAt = Math.max(downAt, suspectAt);
  // A bad sign of the primary comes first; who serves in its place is said a moment later.
  const isOvertaken = traffic?.to === 'primary' && troubleAt > Math.max(traffic.at, upAt);
  if (isOvertaken && isFresh(troubleAt))
    return { serving: 'nobody', saidAt: troubleAt, ...(troubleSince && { since: troubleSince }) };
  if (!traffic || !isFresh(traffic.at)) return { serving: 'unknown' };
  const { to, at, since, standby, waiting, refused } = traffic;
  return {
    serving: to,
    since,
    saidAt: at,
    ...(standby && { standby }),
    ...(waiting !== undefined && { waiting }),
    ...(refused !== undefined && { refused }),
  };
}
