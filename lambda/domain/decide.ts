import { primaryHealth } from './evidence.ts';
import {
  absorb,
  begin,
  type Draft,
  draft,
  due,
  finish,
  inFlight,
  note,
  outcomeOf,
  requestCommand,
  requestHost,
  settleOutbox,
} from './draft.ts';
import type { Decision, EntryKind, Observation, Phase, Policy, Reason, Site, State } from './types.ts';

/** The state of a service that nobody has decided about yet. */
export function initialState(service: string): State {
  return {
    service,
    epoch: 0,
    phase: 'home',
    since: 0,
    decidedAt: 0,
    outbox: [],
    nextEntry: 1,
    nextCommand: 1,
  };
}

/** The site in charge. */
export function siteOf(phase: Phase): Site {
  return phase === 'starting' || phase === 'serving' ? 'standby' : 'primary';
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
  const reason = rules[state.phase](d);
  return finish(d, siteOf(d.next.phase), reason);
}

const rules: Record<Phase, (d: Draft) => Reason> = {
  home,
  warming,
  cooling,
  starting,
  serving,
  draining,
  stopping,
};

function health(d: Draft) {
  return primaryHealth(d.observation.evidence, d.policy, d.now);
}

function home(d: Draft): Reason {
  const seen = health(d);
  if (seen === 'down' && isConfirmed(d)) return failOver(d);
  if (seen === 'down' || seen === 'suspected') return onSuspicion(d);
  return seen === 'up' ? 'primary-healthy' : 'no-fresh-evidence';
}

/** The standby is started, or has been, and the primary is still in charge. */
function warming(d: Draft): Reason {
  const seen = health(d);
  if (seen === 'down' && isConfirmed(d)) return outcomeOf(d) === 'succeeded' ? takeOver(d) : failOver(d);
  if (seen === 'up') return cool(d);
  // Silence stops nothing: what was started on suspicion waits for proof in either direction.
  if (outcomeOf(d) === 'succeeded') return seen === 'unknown' ? 'no-fresh-evidence' : 'awaiting-confirmation';
  return pursue(d, 'standby-starting', 'start-failed');
}

/** The suspicion has passed, and what was started on it is stopped again. */
function cooling(d: Draft): Reason {
  if (health(d) === 'down' && isConfirmed(d)) return failOver(d);
  if (stopped(d)) {
    begin(d, 'home');
    return 'standby-stopped';
  }
  return pursue(d, 'standby-cooling', 'stop-failed');
}

/** Without a start on suspicion, the first sight of it down is enough: every second counts then. */
function isConfirmed({ observation, policy, now }: Draft): boolean {
  const since = observation.evidence.troubleSince ?? now;
  return !policy.startOnSuspicion || now - since >= policy.confirmSeconds * 1000;
}

function onSuspicion(d: Draft): Reason {
  const { policy, now } = d;
  if (!policy.startOnSuspicion) return 'primary-suspected';
  const since = now - (d.next.warmedAt ?? Number.NEGATIVE_INFINITY);
  if (since < policy.suspicionIntervalSeconds * 1000) return 'suspicion-rate-limited';
  note(d, 'standby-warmed', 'primary-suspected', { quiet: true });
  begin(d, 'warming');
  d.next = { ...d.next, warmedAt: now };
  requestCommand(d, 'start', 1);
  return 'primary-suspected';
}

function cool(d: Draft): Reason {
  note(d, 'suspicion-passed', 'suspicion-passed', { quiet: true });
  begin(d, 'cooling');
  requestCommand(d, 'stop', 1);
  return 'suspicion-passed';
}

function starting(d: Draft): Reason {
  // Success first: once the standby serves, an early sign of the primary is no reason to drop it.
  if (outcomeOf(d) === 'succeeded') {
    serve(d, d.now - d.next.decidedAt);
    return 'standby-healthy';
  }
  // Nobody serves yet, so there is nothing to wait for: no cooldown, no proof of stability.
  const upAt = d.observation.evidence.upAt ?? 0;
  if (health(d) === 'up' && upAt > d.next.decidedAt) {
    return comeHome(d, 'failover-abandoned', 'primary-back-before-standby');
  }
  return pursue(d, 'standby-starting', 'start-failed');
}

function serving(d: Draft): Reason {
  const seen = health(d);
  if (seen === 'down' || seen === 'suspected') return 'primary-still-down';
  if (seen === 'unknown') return 'no-fresh-evidence';
  const upSince = d.observation.evidence.upSince ?? d.now;
  if (d.now - upSince < d.policy.stableSeconds * 1000) return 'primary-not-yet-stable';
  const completedAt = d.next.failoverCompletedAt ?? d.next.since;
  if (d.now - completedAt < d.policy.cooldownSeconds * 1000) return 'cooldown-active';
  return comeHome(d, 'failback-started', 'primary-recovered');
}

function draining(d: Draft): Reason {
  const seen = health(d);
  if (seen === 'down') return failOver(d);
  if (d.now - d.next.since < d.policy.drainSeconds * 1000) return 'standby-draining';
  // Stopping cannot be taken back quickly: it needs proof of health at this moment, not silence.
  if (seen !== 'up') return 'no-fresh-evidence';
  begin(d, 'stopping');
  requestCommand(d, 'stop', 1);
  return 'standby-drained';
}

function stopping(d: Draft): Reason {
  if (health(d) === 'down') return failOver(d);
  if (stopped(d)) {
    note(d, 'failback-completed', 'standby-stopped', { tookMilliseconds: d.now - d.next.decidedAt });
    begin(d, 'home');
    return 'standby-stopped';
  }
  return pursue(d, 'standby-stopping', 'stop-failed');
}

/** Nothing runs on a stopped instance, so there is nothing left to stop. */
function stopped(d: Draft): boolean {
  const { host } = d.observation;
  return outcomeOf(d) === 'succeeded' || host === 'stopped' || host === 'terminated';
}

/** A new epoch in which the standby is in charge. */
function failOver(d: Draft): Reason {
  decideFor(d, 'failover-started', 'primary-down');
  begin(d, 'starting');
  requestCommand(d, 'start', 1);
  return 'primary-down';
}

/** As {@link failOver}, with a standby that was started on suspicion and answers already. */
function takeOver(d: Draft): Reason {
  decideFor(d, 'failover-started', 'primary-down');
  serve(d);
  return 'primary-down';
}

function serve(d: Draft, tookMilliseconds?: number): void {
  note(
    d,
    'failover-completed',
    'standby-healthy',
    tookMilliseconds === undefined ? {} : { tookMilliseconds },
  );
  begin(d, 'serving');
  d.next = { ...d.next, failoverCompletedAt: d.now };
}

function decideFor(d: Draft, kind: EntryKind, reason: Reason): void {
  d.next = { ...d.next, epoch: d.next.epoch + 1, decidedAt: d.now };
  note(d, kind, reason);
}

/** A new epoch in which the primary is in charge; the standby goes on until it has drained. */
function comeHome(d: Draft, kind: 'failback-started' | 'failover-abandoned', reason: Reason): Reason {
  decideFor(d, kind, reason);
  begin(d, 'draining');
  return reason;
}

/** Sees the phase's command through: wait, or try again when that is due. */
function pursue(d: Draft, waiting: Reason, failed: Reason): Reason {
  const command = d.next.command;
  if (command === undefined) {
    // Cannot come from our own writes; a state restored by hand still converges.
    const starts = d.next.phase === 'starting' || d.next.phase === 'warming';
    requestCommand(d, starts ? 'start' : 'stop', 1);
    return waiting;
  }
  if (inFlight(d, command)) return waiting;
  if (!due(d, command)) return command.hostUnreachable ? 'host-not-ready' : failed;
  if (command.hostUnreachable && command.action === 'start' && d.observation.host === 'stopped') {
    requestHost(d, command);
    return 'host-not-ready';
  }
  requestCommand(d, command.action, command.attempt + 1);
  return waiting;
}
