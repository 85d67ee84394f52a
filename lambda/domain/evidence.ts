import type { Evidence, Policy, Sighting } from './types.ts';

export type Health = 'down' | 'up' | 'unknown';

/**
 * Adds one sighting. Repeats change nothing, and a late one never makes the primary look healthier
 * than it was: at worst the run of "up" starts later.
 *
 * @param gapSeconds a longer silence than this breaks the run of "up"
 */
export function fold(evidence: Evidence, sighting: Sighting, gapSeconds: number): Evidence {
  return sighting.kind === 'down'
    ? foldDown(evidence, sighting.observedAt)
    : foldUp(evidence, sighting.observedAt, gapSeconds);
}

function foldDown(evidence: Evidence, observedAt: number): Evidence {
  const { downAt, upAt, upSince } = evidence;
  if (downAt !== undefined && observedAt <= downAt) return evidence;
  // Arrived after a newer "up": the run cannot have begun before this moment.
  const breaksRun = upAt !== undefined && upSince !== undefined && upSince <= observedAt && observedAt < upAt;
  return { ...evidence, downAt: observedAt, ...(breaksRun && { upSince: upAt }) };
}

function foldUp(evidence: Evidence, observedAt: number, gapSeconds: number): Evidence {
  const { downAt, upAt, upSince } = evidence;
  if (upAt !== undefined && observedAt <= upAt) return evidence;
  const unbroken =
    upAt !== undefined &&
    upSince !== undefined &&
    observedAt - upAt <= gapSeconds * 1000 &&
    !(downAt !== undefined && downAt >= upAt);
  return { ...evidence, upAt: observedAt, upSince: unbroken ? upSince : observedAt };
}

/** What the evidence proves now. The newest word counts, and only while it is fresh. */
export function primaryHealth(evidence: Evidence, policy: Policy, now: number): Health {
  const downAt = evidence.downAt ?? Number.NEGATIVE_INFINITY;
  const upAt = evidence.upAt ?? Number.NEGATIVE_INFINITY;
  if (downAt >= upAt) return now - downAt <= policy.leaseSeconds * 1000 ? 'down' : 'unknown';
  return now - upAt <= policy.heartbeatTimeoutSeconds * 1000 ? 'up' : 'unknown';
}
