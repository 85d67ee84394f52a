/** What to do in each phase. */

import { pursue, requestCommand, success } from './command.ts';
import { addEntry, begin, type Draft, health, isPast, isPaused, setOwn } from './draft.ts';
import { silenceOf } from './health.ts';
import { comeHome, failOver, isFlapping, serve, startAhead, stopAgain, takeOver } from './moves.ts';
import type { Phase } from './phase.ts';
import type { Reason } from './reasons.ts';
import { reportSilence } from './reports.ts';
import { followSelfTest } from './self-test.ts';
import { heldByOf, type StateIn } from './state.ts';
import { isAnswering, isHostGone, keepTold, maintain, recordAnswer, verify } from './upkeep.ts';

/** Every rule ends in exactly one reason. */
export const rules: Record<Phase, (d: Draft) => Reason> = {
  home,
  warming,
  cooling,
  starting,
  serving,
  draining,
  stopping,
};

function home(d: Draft): Reason {
  const reason = stayHome(d);
  if (d.next.phase === 'home') keepTold(d);
  return reason;
}

function stayHome(d: Draft): Reason {
  const outage = outageOf(d);
  if (outage) return isPaused(d) ? 'paused-by-operator' : failOver(d, outage);
  const seen = health(d);
  if (seen === 'down' || seen === 'suspected') return onSuspicion(d);
  if (seen === 'unknown') return silent(d);
  return maintain(d) ?? 'primary-healthy';
}

/** The standby is started, or has been, and the primary is still in charge. */
function warming(d: Draft): Reason {
  const outage = outageOf(d);
  if (outage && isPaused(d)) return 'paused-by-operator';
  if (outage) return success(d) ? takeOver(d, outage) : failOver(d, outage);
  const seen = health(d);
  const isTrouble = seen === 'down' || seen === 'suspected';
  // What began as a test is of use now.
  if (isTrouble) setOwn(d, 'warming', { testing: false });
  else if (isTesting(d)) return followSelfTest(d);
  if (seen === 'up') {
    addEntry(d, 'suspicion-passed', 'suspicion-passed', { quiet: true });
    stopAgain(d);
    return 'suspicion-passed';
  }
  // Silence stops nothing: what was started on suspicion waits for proof in either direction.
  if (success(d)) return isTrouble ? 'awaiting-confirmation' : silent(d);
  return pursue(d, 'start', 'standby-starting');
}

/** What was started ahead is stopped again. */
function cooling(d: Draft): Reason {
  const outage = outageOf(d);
  if (outage && !isPaused(d)) return failOver(d, outage);
  if (!success(d) && !isHostGone(d)) return pursue(d, 'stop', 'standby-cooling');
  begin(d, 'home', {});
  return 'standby-stopped';
}

function starting(d: Draft): Reason {
  // Success first: once the standby serves, an early sign of the primary is no reason to drop it.
  if (success(d)) {
    serve(d, { tookMilliseconds: d.now - d.next.decidedAt });
    return 'standby-healthy';
  }
  // Nobody serves yet, so there is nothing to wait for: no cooldown, no proof of stability.
  const { upAt = 0 } = d.observation.evidence;
  const isBack = health(d) === 'up' && upAt > d.next.decidedAt;
  if (isBack && heldByOf(d.next) === undefined && !isPaused(d))
    return comeHome(d, 'primary-back-before-standby');
  if (isPast(d, d.next.decidedAt, d.policy.escalateSeconds)) reportStuck(d);
  return pursue(d, 'start', 'standby-starting');
}

/** A start that takes too long is reported once. */
function reportStuck(d: Draft): void {
  const { stuckTold, decidedAt, command } = d.next as StateIn<'starting'>;
  if (stuckTold) return;
  setOwn(d, 'starting', { stuckTold: true });
  const { failure: detail, retryAt: nextAt } = command?.status === 'failed' ? command : {};
  addEntry(d, 'failover-stuck', 'start-failed', { tookMilliseconds: d.now - decidedAt, detail, nextAt });
}

function serving(d: Draft): Reason {
  recordAnswer(d);
  const reason = stayOrLeave(d);
  if (d.next.phase === 'serving') verify(d);
  return reason;
}

function stayOrLeave(d: Draft): Reason {
  const seen = health(d);
  if (!isAnswering(d)) {
    if (seen !== 'up' || isPaused(d)) return 'standby-not-answering';
    // Nobody serves, and the primary could: then nothing is worth waiting for.
    return comeHome(d, 'standby-not-answering');
  }
  if (heldByOf(d.next) !== undefined) return 'held-by-operator';
  if (seen === 'down' || seen === 'suspected') return 'primary-still-down';
  if (seen === 'unknown') return silent(d);
  const flaps = isFlapping(d);
  const stableSeconds = flaps ? d.policy.flapStableSeconds : d.policy.stableSeconds;
  const { upSince = d.now } = d.observation.evidence;
  if (!isPast(d, upSince, stableSeconds)) return flaps ? 'flapping' : 'primary-not-yet-stable';
  if (!isPast(d, d.next.failovers.at(-1), d.policy.cooldownSeconds)) return 'cooldown-active';
  return isPaused(d) ? 'paused-by-operator' : comeHome(d, 'primary-recovered');
}

function draining(d: Draft): Reason {
  const outage = outageOf(d);
  if (outage) return isPaused(d) ? 'paused-by-operator' : failOver(d, outage);
  if (!isPast(d, d.next.since, d.policy.drainSeconds)) return 'standby-draining';
  const seen = health(d);
  if (seen === 'unknown') return silent(d);
  // Stopping cannot be taken back quickly: it needs proof of health at this moment.
  if (seen !== 'up') return 'primary-suspected';
  begin(d, 'stopping', {});
  requestCommand(d, 'stop');
  return 'standby-drained';
}

function stopping(d: Draft): Reason {
  const outage = outageOf(d);
  if (outage && !isPaused(d)) return failOver(d, outage);
  if (!success(d) && !isHostGone(d)) return pursue(d, 'stop', 'standby-stopping');
  addEntry(d, 'failback-completed', 'standby-stopped', { tookMilliseconds: d.now - d.next.decidedAt });
  begin(d, 'home', {});
  return 'standby-stopped';
}

const isTesting = ({ next }: Draft): boolean => next.phase === 'warming' && next.testing;

/** Why the primary counts as lost; undefined while that is not certain. */
function outageOf(d: Draft): Reason | undefined {
  const seen = health(d);
  if (seen === 'down' && isConfirmed(d)) return 'primary-down';
  // Silence alone moves nothing: it takes a witness who does not see the site either.
  if (seen === 'unknown' && silence(d) === 'site-dark') return 'site-dark';
  return undefined;
}

/** Without a start on suspicion, the first sight of it down is enough: every second counts then. */
function isConfirmed(d: Draft): boolean {
  const since = d.observation.evidence.troubleSince ?? d.now;
  return !d.policy.startOnSuspicion || isPast(d, since, d.policy.confirmSeconds);
}

function onSuspicion(d: Draft): Reason {
  const { startOnSuspicion, suspicionIntervalSeconds } = d.policy;
  if (!startOnSuspicion || isPaused(d)) return 'primary-suspected';
  if (!isPast(d, d.next.warmedAt, suspicionIntervalSeconds)) return 'suspicion-rate-limited';
  startAhead(d, 'primary-suspected');
  return 'primary-suspected';
}

function silent(d: Draft): Reason {
  return reportSilence(d, silence(d));
}

const silence = ({ observation, policy, now }: Draft): Reason => silenceOf(observation, policy, now);
