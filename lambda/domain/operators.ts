import { type Draft, health, inSeconds, isPaused, note, set, siteOf } from './draft.ts';
import { comeHome, failOver, isFlapping, wayHome } from './moves.ts';
import type { Answer, OperatorRequest, Reason } from './types.ts';
import { beginTest } from './upkeep.ts';

/**
 * What a person asks for, in the same decision as everything else. A pause stops automation, not people.
 * Every refusal is kept in the history like everything that was done.
 */
export function answerTo(d: Draft, request: OperatorRequest): Answer {
  const { by, action } = request;
  const reason = refusalOf(d, action);
  if (reason) {
    note(d, 'request-refused', reason, { by, detail: action, quiet: true });
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
      note(d, 'resumed', 'paused-by-operator', { by });
      break;
    case 'acknowledge':
      set(d, { acknowledgedAt: d.now });
      note(d, 'acknowledged', 'flapping', { by, ...wayHome(d, Math.max(...d.next.failovers)) });
      break;
    case 'switchover':
      moved(d, failOver(d, 'switchover-requested', by));
      break;
    case 'failover':
      moved(d, failOver(d, 'failover-requested', by));
      break;
    case 'failback':
      moved(d, comeHome(d, 'failback-requested', by));
      break;
    case 'self-test':
      moved(d, beginTest(d, by));
      break;
  }
}

function pause(d: Draft, seconds: number, why: string, by: string): void {
  const until = inSeconds(d, seconds);
  set(d, { pause: { until, by, why } });
  note(d, 'paused', 'paused-by-operator', {
    by,
    detail: `until ${new Date(until).toISOString()}: ${why}`,
    nextAt: until,
  });
}

function moved(d: Draft, reason: Reason): void {
  set(d, { why: reason, whySince: d.now });
}

/** A pause ends by itself, so that a forgotten one cannot cost an outage. */
export function endPause(d: Draft): void {
  const { pause } = d.next;
  if (pause === undefined || d.now < pause.until) return;
  set(d, { pause: undefined });
  note(d, 'pause-expired', 'paused-by-operator', { by: pause.by, detail: pause.why });
}
