/** What the site's monitoring said, and how one more alert changes it. All moments are Unix milliseconds. */

export type Health = 'down' | 'suspected' | 'up' | 'unknown';

/** Where clients are sent. */
export type Serving = 'primary' | 'standby' | 'nobody';

/** What the site's HAProxy does with clients. Nothing is moved because of it: it is for people. */
export type Traffic = {
  /** Moment of the word. */
  readonly at: number;
  readonly to: Serving;
  readonly since: number;
  /** What HAProxy's check says of the standby; absent if it does not. */
  readonly standby?: 'up' | 'down';
  /** Requests that wait for a site. */
  readonly waiting?: number;
  /** Requests that were refused in the last minute. */
  readonly refused?: number;
};

/** What the site's monitoring said, by the moment at which Prometheus evaluated it. */
export type Evidence = {
  /** Newest moment at which the primary was seen down. */
  readonly downAt?: number;
  /** Newest moment at which the primary was seen to answer its health path. */
  readonly upAt?: number;
  /** Start of the unbroken run of "up" that `upAt` ends. */
  readonly upSince?: number;
  /** Newest moment at which the primary was suspected to be down, on the first bad sign. */
  readonly suspectAt?: number;
  /** The first suspicion, or sight of it down, since the primary was last seen up. */
  readonly troubleSince?: number | undefined;
  /** Newest moment at which no site was seen to serve clients. */
  readonly unservedAt?: number;
  /** Newest arrival of something that was old already: then Alertmanager lives and Prometheus does not. */
  readonly staleAt?: number;
  /** Of each kind, the newest moment that lay ahead of our clock, as the site's clock had it. */
  readonly stamps?: Partial<Readonly<Record<Sighting['kind'], number>>>;
  /** By how much the site's clock was ahead of ours when it spoke last, in milliseconds; absent while it is not. */
  readonly aheadMilliseconds?: number | undefined;
  readonly traffic?: Traffic;
  /** The last time in which no site served clients, from its beginning to its end. */
  readonly gap?: { readonly from: number; readonly until: number };
  /** The image that the primary runs, as the site says it: a digest or an id. */
  readonly primaryImage?: string;
};

/** One alert, reduced to what it proves. */
export type Sighting = {
  readonly observedAt: number;
  /** When it arrived here; as `observedAt` if left out. */
  readonly arrivedAt?: number;
  /** What the site's clock said, if that lay ahead of ours; `observedAt` is the arrival then. */
  readonly stampedAt?: number;
  readonly primaryImage?: string;
} & (
  | { readonly kind: 'down' | 'up' | 'suspect' | 'unserved' }
  | { readonly kind: 'traffic'; readonly traffic: Omit<Traffic, 'at'> }
);

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
  // Where clients are sent and how the primary is are said apart: neither makes the other one old.
  const isOther = (of: string) => (of === 'traffic') !== (kind === 'traffic');
  const isOld = Object.entries(stamps).some(
    ([of, at]) => !isOther(of) && (of === kind ? stampedAt <= at : stampedAt < at),
  );
  if (isOld) return undefined;
  return { ...evidence, stamps: { ...stamps, [kind]: stampedAt }, aheadMilliseconds: stampedAt - arrivedAt };
}

function foldKind(evidence: Evidence, sighting: Sighting, gapSeconds: number): Evidence {
  const { observedAt } = sighting;
  switch (sighting.kind) {
    case 'up':
      return foldUp(evidence, sighting, gapSeconds);
    case 'down':
      return foldTrouble(evidence, 'downAt', observedAt);
    case 'suspect':
      return foldTrouble(evidence, 'suspectAt', observedAt);
    case 'unserved':
      return observedAt > (evidence.unservedAt ?? 0) ? { ...evidence, unservedAt: observedAt } : evidence;
    case 'traffic':
      return foldTraffic(evidence, { at: observedAt, ...sighting.traffic });
  }
}

function foldTraffic(evidence: Evidence, traffic: Traffic): Evidence {
  const before = evidence.traffic;
  if (before && traffic.at <= before.at) return evidence;
  const isOver = before?.to === 'nobody' && traffic.to !== 'nobody';
  return { ...evidence, traffic, ...(isOver && { gap: { from: before.since, until: traffic.since } }) };
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
