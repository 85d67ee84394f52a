import type { Evidence, Policy, Sighting } from './types.ts';

export type Health = 'down' | 'suspected' | 'up' | 'unknown';

/**
 * Adds one sighting. Repeats change nothing, and a late one never makes the primary look healthier
 * than it was: at worst the run of "up" starts later.
 *
 * @param gapSeconds a longer silence than this breaks the run of "up"
 */
export function fold(evidence: Evidence, sighting: Sighting, gapSeconds: number): Evidence {
  if (sighting.kind === 'up') return foldUp(evidence, sighting.observedAt, gapSeconds);
  const newest = sighting.kind === 'down' ? 'downAt' : 'suspectAt';
  return foldTrouble(evidence, newest, sighting.observedAt);
}

function foldTrouble(evidence: Evidence, newest: 'downAt' | 'suspectAt', observedAt: number): Evidence {
  const { upAt, upSince, troubleSince } = evidence;
  const before = evidence[newest];
  // Arrived after a newer "up": the run cannot have begun before this moment.
  const breaksRun = upAt !== undefined && upSince !== undefined && upSince <= observedAt && observedAt < upAt;
  const isNews = (before === undefined || observedAt > before) && (upAt === undefined || observedAt > upAt);
  const next: Evidence = {
    ...evidence,
    [newest]: Math.max(before ?? observedAt, observedAt),
    ...(breaksRun && { upSince: upAt }),
    ...(isNews && { troubleSince: Math.min(troubleSince ?? observedAt, observedAt) }),
  };
  const unchanged = next[newest] === before && next.upSince === upSince && next.troubleSince === troubleSince;
  return unchanged ? evidence : next;
}

function foldUp(evidence: Evidence, observedAt: number, gapSeconds: number): Evidence {
  const { downAt = 0, suspectAt = 0, upAt, upSince, troubleSince = 0 } = evidence;
  if (upAt !== undefined && observedAt <= upAt) return evidence;
  const unbroken =
    upAt !== undefined &&
    upSince !== undefined &&
    observedAt - upAt <= gapSeconds * 1000 &&
    Math.max(downAt, suspectAt) < upAt;
  // An "up" answers the trouble before it; what is known to be newer goes on.
  const unanswered = [troubleSince, suspectAt, downAt].filter((at) => at > observedAt);
  return {
    ...evidence,
    upAt: observedAt,
    upSince: unbroken ? upSince : observedAt,
    troubleSince: unanswered.length > 0 ? Math.min(...unanswered) : undefined,
  };
}

/**
 * What the evidence proves now. The newest word counts, and only while it is fresh; "down" is not taken
 * back by a suspicion, which goes on while the primary is down.
 */
export function primaryHealth(evidence: Evidence, policy: Policy, now: number): Health {
  const never = Number.NEGATIVE_INFINITY;
  const { downAt = never, suspectAt = never, upAt = never } = evidence;
  const fresh = (at: number, seconds: number) => now - at <= seconds * 1000;
  if (downAt >= upAt && fresh(downAt, policy.leaseSeconds)) return 'down';
  if (suspectAt >= upAt && fresh(suspectAt, policy.leaseSeconds)) return 'suspected';
  if (upAt > Math.max(downAt, suspectAt) && fresh(upAt, policy.heartbeatTimeoutSeconds)) return 'up';
  return 'unknown';
}
