/** What the evidence proves about the primary at this moment. */

import type { Evidence, Health } from './evidence.ts';
import type { Seen } from './history.ts';
import type { Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

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
export function seenOf({ evidence, witness, capacity }: Observation, policy: Policy, now: number): Seen {
  return {
    primary: primaryHealth(evidence, policy, now),
    ...newestWord(evidence),
    ...(witness && { witness }),
    ...(capacity && { capacity }),
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
export function silenceOf({ evidence, witness }: Observation, policy: Policy, now: number): Reason {
  const { downAt = never, suspectAt = never, upAt = never, staleAt = never, traffic } = evidence;
  const newest = Math.max(downAt, suspectAt, upAt);
  // It speaks, and says neither that the primary is up nor that it is down.
  if (traffic && now - traffic.at <= policy.heartbeatTimeoutSeconds * 1000) return 'views-disagree';
  if (newest === never) return 'never-heard';
  if (witness === 'unreachable') return 'site-dark';
  if (staleAt > newest) return 'prometheus-dead';
  return witness === 'reachable' ? 'alertmanager-dead' : 'site-silent';
}
