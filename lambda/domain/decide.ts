import { absorb } from './command.ts';
import { type Draft, draft, finish, health, note, set, settleOutbox, siteOf } from './draft.ts';
import { answerTo, endPause } from './operators.ts';
import { rules } from './phases.ts';
import type { Decision, Observation, Policy, Reason, State } from './types.ts';

export { siteOf } from './draft.ts';

/** The state of a service that nobody has decided about yet. */
export function initialState(service: string): State {
  return {
    service,
    epoch: 0,
    phase: 'home',
    since: 0,
    decidedAt: 0,
    why: 'never-heard',
    whySince: 0,
    failovers: [],
    outbox: [],
    nextEntry: 1,
    nextCommand: 1,
  };
}

/**
 * The specification of the failover: what to do now, given all that is known. Pure and total.
 * Calling it again with the same observation after its effects were carried out changes nothing.
 *
 * @param now Unix milliseconds
 */
export function decide(state: State, observation: Observation, policy: Policy, now: number): Decision {
  const d = draft(state, observation, policy, now);
  settleOutbox(d);
  absorb(d);
  endPause(d);
  endSilence(d);
  tellClock(d);
  const { request } = observation;
  if (request) {
    const answer = answerTo(d, request);
    // A request that moves the service is the whole decision; the next look goes on from there.
    if (d.next.phase === state.phase) stand(d, rules[state.phase](d));
    return { ...finish(d), answer };
  }
  stand(d, rules[state.phase](d));
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
function stand(d: Draft, reason: Reason): void {
  if (reason === d.next.why) return;
  set(d, { why: reason, whySince: d.now });
  if (!refusals.has(reason)) return;
  // That an outage is not answered is the one refusal that cannot wait to be asked for.
  const isOutage = reason === 'paused-by-operator' && siteOf(d.next.phase) === 'primary';
  const { pause } = d.next;
  note(d, 'refused', reason, isOutage ? { by: pause?.by, nextAt: pause?.until } : { quiet: true });
}

/** Whatever the site says ends its silence. */
function endSilence(d: Draft): void {
  if (d.next.silence === undefined || health(d) === 'unknown') return;
  note(d, 'site-heard', d.next.silence);
  set(d, { silence: undefined });
}

/** More than clocks differ that are kept by NTP, and enough for a person to mend. */
const wrongClockSeconds = 5;

/** What the site says still counts, from its arrival; how old it was then, nobody can tell any more. */
function tellClock(d: Draft): void {
  const { aheadMilliseconds = 0 } = d.observation.evidence;
  const isWrong = aheadMilliseconds >= wrongClockSeconds * 1000;
  if (isWrong === (d.next.clockTold ?? false)) return;
  set(d, { clockTold: isWrong || undefined });
  const detail = isWrong ? `ahead by ${Math.round(aheadMilliseconds / 1000)} s` : 'right again';
  note(d, 'site-clock', 'clock-ahead', { detail, ...(!isWrong && { quiet: true }) });
}
