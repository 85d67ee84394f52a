/** The decision: the specification of the failover begins here. */

import { absorb } from './command.ts';
import type { Decision } from './decision.ts';
import { addEntry, type Draft, draft, finish, setReason } from './draft.ts';
import type { Observation } from './observation.ts';
import { answerTo, endPause } from './operators.ts';
import { settleOutbox } from './outbox.ts';
import { siteOf } from './phase.ts';
import { rules } from './phases.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import { endSilence, reportClock } from './reports.ts';
import type { State } from './state.ts';

/**
 * What to do now, given all that is known. Pure and total. Calling it again with the same observation after its effects
 * were carried out changes nothing.
 *
 * @param now Unix milliseconds
 */
export function decide(state: State, observation: Observation, policy: Policy, now: number): Decision {
  const d = draft(state, observation, policy, now);
  settleOutbox(d);
  absorb(d);
  endPause(d);
  endSilence(d);
  reportClock(d);
  const { request } = observation;
  if (request) {
    const answer = answerTo(d, request);
    // A request that moves the service is the whole decision; the next look goes on from there.
    if (d.next.phase === state.phase) recordReason(d, rules[state.phase](d));
    return { ...finish(d), answer };
  }
  recordReason(d, rules[state.phase](d));
  return finish(d);
}

/** Reasons for which something that the evidence asks for is not done, or not yet. */
const refusals: ReadonlySet<Reason> = new Set([
  'suspicion-rate-limited',
  'primary-not-yet-stable',
  'cooldown-active',
  'flapping',
  'paused-by-operator',
]);

/** Keeps why the service stands where it stands, and every refusal for those who ask later. */
function recordReason(d: Draft, reason: Reason): void {
  if (reason === d.next.why) return;
  setReason(d, reason);
  if (!refusals.has(reason)) return;
  // That an outage is not answered is the one refusal that cannot wait to be asked for.
  const isOutage = reason === 'paused-by-operator' && siteOf(d.next.phase) === 'primary';
  const { pause } = d.next;
  addEntry(d, 'refused', reason, isOutage ? { by: pause?.by, nextAt: pause?.until } : { quiet: true });
}
