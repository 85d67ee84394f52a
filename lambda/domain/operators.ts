/** What operators ask for. */

import type { Answer } from './decision.ts';
import { addEntry, type Draft, health, inSeconds, isPaused, set, setReason } from './draft.ts';
import { comeHome, failOver, isFlapping, wayHome } from './moves.ts';
import type { OperatorRequest } from './observation.ts';
import { siteOf } from './phase.ts';
import type { Reason } from './reasons.ts';
import { beginSelfTest } from './self-test.ts';

/**
 * What a person asks for, in the same decision as everything else. A pause stops automation, not people.
 * Every refusal is kept in the history like everything that was done.
 */
export function answerTo(d: Draft, request: OperatorRequest): Answer {
  const { by, action } = request;
  const reason = refusalOf(d, action);
  if (reason) {
    addEntry(d, 'request-refused', reason, { by, detail: action, quiet: true });
    return { accepted: false, reason };
  }
  carryOut(d, request);
  return { accepted: true };
}

function refusalOf(d: Draft, action: OperatorRequest['action']): Reason | undefined {
  const site = siteOf(d.next.phase);
  const isHealthy = health(d) === 'up';
  switch (action) {
    case 'pause':
      return undefined;
    case 'resume':
      return isPaused(d) ? undefined : 'not-paused';
    case 'acknowledge':
      return isFlapping(d) ? undefined : 'not-flapping';
    // A planned move starts from a healthy primary; without one it is a failover.
    case 'switchover':
      if (site === 'standby') return 'standby-already-in-charge';
      return isHealthy ? undefined : 'primary-not-healthy';
    case 'failover':
      return site === 'standby' ? 'standby-already-in-charge' : undefined;
    case 'failback':
      if (site === 'primary') return 'primary-already-in-charge';
      return isHealthy ? undefined : 'primary-not-healthy';
    case 'self-test':
      if (d.next.phase !== 'home') return 'move-under-way';
      return isHealthy ? undefined : 'primary-not-healthy';
  }
}

function carryOut(d: Draft, request: OperatorRequest): void {
  const { by } = request;
  switch (request.action) {
    case 'pause':
      pause(d, request.seconds, request.why, by);
      break;
    case 'resume':
      set(d, { pause: undefined });
      addEntry(d, 'resumed', 'paused-by-operator', { by });
      break;
    case 'acknowledge':
      set(d, { acknowledgedAt: d.now });
      addEntry(d, 'acknowledged', 'flapping', { by, ...wayHome(d, Math.max(...d.next.failovers)) });
      break;
    case 'switchover':
      setReason(d, failOver(d, 'switchover-requested', by));
      break;
    case 'failover':
      setReason(d, failOver(d, 'failover-requested', by));
      break;
    case 'failback':
      setReason(d, comeHome(d, 'failback-requested', by));
      break;
    case 'self-test':
      setReason(d, beginSelfTest(d, by));
      break;
  }
}

function pause(d: Draft, seconds: number, why: string, by: string): void {
  const until = inSeconds(d, seconds);
  set(d, { pause: { until, by, why } });
  addEntry(d, 'paused', 'paused-by-operator', {
    by,
    detail: `until ${new Date(until).toISOString()}: ${why}`,
    nextAt: until,
  });
}

/** A pause ends by itself, so that a forgotten one cannot cost an outage. */
export function endPause(d: Draft): void {
  const { pause } = d.next;
  if (pause === undefined || d.now < pause.until) return;
  set(d, { pause: undefined });
  addEntry(d, 'pause-expired', 'paused-by-operator', { by: pause.by, detail: pause.why });
}
