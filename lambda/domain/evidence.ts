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
  if (before !== undefined && observedAt <= before) return evidence;
  // Arrived after a newer "up": the run cannot have begun before this moment.
  const breaksRun = upAt !== undefined && upSince !== undefined && upSince <= observedAt && observedAt < upAt;
  const current = upAt === undefined || observedAt >= upAt;
  const goesOn = troubleSince !== undefined && (upAt === undefined || troubleSince >= upAt);
  const since = goesOn ? Math.min(troubleSince, observedAt) : observedAt;
  return {
    ...evidence,
    [newest]: observedAt,
    ...(breaksRun && { upSince: upAt }),
    ...(current && { troubleSince: since }),
  };
}

function foldUp(evidence: Evidence, observedAt: number, gapSeconds: number): Evidence {
  const { downAt, suspectAt, upAt, upSince } = evidence;
  if (upAt !== undefined && observedAt <= upAt) return evidence;
  const unbroken =
    upAt !== undefined &&
    upSince !== undefined &&
    observedAt - upAt <= gapSeconds * 1000 &&
    Math.max(downAt ?? 0, suspectAt ?? 0) < upAt;
  return { ...evidence, upAt: observedAt, upSince: unbroken ? upSince : observedAt };
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
