import type { Evidence, Observation, Policy, Reason, Seen, Sighting } from './types.ts';

export type Health = 'down' | 'suspected' | 'up' | 'unknown';

/**
 * What is older than this when it arrives was repeated by an Alertmanager whose Prometheus has died.
 * A live Prometheus sends every 5 s (`--rules.alert.resend-delay` in onprem/compose.yaml), and
 * Alertmanager passes it on within a second.
 */
const staleMilliseconds = 8000;

/**
 * Adds one sighting. Repeats change nothing, and a late one never makes the primary look healthier
 * than it was: at worst the run of "up" starts later.
 *
 * @param gapSeconds a longer silence than this breaks the run of "up"
 */
export function fold(evidence: Evidence, sighting: Sighting, gapSeconds: number): Evidence {
  const next = foldClock(evidence, sighting);
  if (next === undefined) return evidence;
  return foldArrival(foldKind(next, sighting, gapSeconds), sighting);
}

/**
 * Where the site's clock is ahead, its moments say what is newer than what, and not how old it is: each one
 * counts once, from its arrival. Else a repeat would be as new as its arrival, and outdo what is true since.
 *
 * @returns undefined for what was said before, or before something newer
 */
function foldClock(evidence: Evidence, sighting: Sighting): Evidence | undefined {
  const { kind, stampedAt, arrivedAt } = sighting;
  const { stamps = {}, aheadMilliseconds } = evidence;
  if (stampedAt === undefined || arrivedAt === undefined) {
    if (aheadMilliseconds === undefined || arrivedAt === undefined) return evidence;
    return { ...evidence, aheadMilliseconds: undefined };
  }
  const isOld = Object.entries(stamps).some(([of, at]) => (of === kind ? stampedAt <= at : stampedAt < at));
  if (isOld) return undefined;
  return { ...evidence, stamps: { ...stamps, [kind]: stampedAt }, aheadMilliseconds: stampedAt - arrivedAt };
}

function foldKind(evidence: Evidence, sighting: Sighting, gapSeconds: number): Evidence {
  const { kind, observedAt } = sighting;
  switch (kind) {
    case 'up':
      return foldUp(evidence, sighting, gapSeconds);
    case 'down':
      return foldTrouble(evidence, 'downAt', observedAt);
    case 'suspect':
      return foldTrouble(evidence, 'suspectAt', observedAt);
    case 'nobody':
      return observedAt > (evidence.nobodyAt ?? 0) ? { ...evidence, nobodyAt: observedAt } : evidence;
  }
}

function foldArrival(evidence: Evidence, { observedAt, arrivedAt = observedAt }: Sighting): Evidence {
  if (arrivedAt - observedAt < staleMilliseconds || arrivedAt <= (evidence.staleAt ?? 0)) return evidence;
  return { ...evidence, staleAt: arrivedAt };
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

function foldUp(evidence: Evidence, { observedAt, primaryImage }: Sighting, gapSeconds: number): Evidence {
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
    ...(primaryImage && { primaryImage }),
  };
}

const never = Number.NEGATIVE_INFINITY;

/**
 * What the evidence proves now. The newest word counts, and only while it is fresh; "down" is not taken
 * back by a suspicion, which goes on while the primary is down.
 */
export function primaryHealth(evidence: Evidence, policy: Policy, now: number): Health {
  const { downAt = never, suspectAt = never, upAt = never } = evidence;
  const fresh = (at: number, seconds: number) => now - at <= seconds * 1000;
  if (downAt >= upAt && fresh(downAt, policy.leaseSeconds)) return 'down';
  if (suspectAt >= upAt && fresh(suspectAt, policy.leaseSeconds)) return 'suspected';
  if (upAt > Math.max(downAt, suspectAt) && fresh(upAt, policy.heartbeatTimeoutSeconds)) return 'up';
  return 'unknown';
}

/** The evidence, reduced to what a person wants to know of it afterwards. */
export function seenOf({ evidence, witness, host }: Observation, policy: Policy, now: number): Seen {
  return {
    primary: primaryHealth(evidence, policy, now),
    ...newestWord(evidence),
    ...(witness && { witness }),
    ...(host && { host }),
  };
}

/** As {@link primaryHealth} weighs it, whatever its age. */
function newestWord(evidence: Evidence): Pick<Seen, 'said' | 'saidAt' | 'since'> {
  const { downAt = never, suspectAt = never, upAt = never, upSince, troubleSince } = evidence;
  const trouble = Math.max(downAt, suspectAt);
  if (upAt > trouble) return { said: 'up', saidAt: upAt, ...since(upSince) };
  if (trouble === never) return {};
  return { said: downAt >= upAt ? 'down' : 'suspected', saidAt: trouble, ...since(troubleSince) };
}

const since = (moment: number | undefined) => (moment === undefined ? {} : { since: moment });

/** Why nothing fresh is known about the primary. Only a witness can tell a dark site from a mute one. */
export function silenceOf({ evidence, witness }: Observation): Reason {
  const { downAt = never, suspectAt = never, upAt = never, staleAt = never } = evidence;
  const newest = Math.max(downAt, suspectAt, upAt);
  if (newest === never) return 'never-heard';
  if (witness === 'unreachable') return 'site-dark';
  if (staleAt > newest) return 'prometheus-dead';
  return witness === 'reachable' ? 'alertmanager-dead' : 'site-silent';
}
