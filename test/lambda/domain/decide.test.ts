import { describe, expect, it, test } from 'vitest';
import { decide, initialState, siteOf } from '../../../lambda/domain/decide.ts';
import type {
  Command,
  CommandReport,
  Evidence,
  Observation,
  Phase,
  Policy,
  Reason,
  State,
} from '../../../lambda/domain/types.ts';
import { policy } from '../../support/policy.ts';

const s = 1000;
/** "Now" in every row. */
const now = 10_000 * s;
const ago = (seconds: number) => now - seconds * s;

const isDown: Evidence = { downAt: ago(1), upAt: ago(60), upSince: ago(5000) };
const isUp: Evidence = { downAt: ago(5000), upAt: ago(1), upSince: ago(4000) };
const justUp: Evidence = { downAt: ago(10), upAt: ago(1), upSince: ago(1) };
const silent: Evidence = { downAt: ago(500), upAt: ago(400), upSince: ago(400) };

const at = (phase: Phase, more: Partial<State> = {}): State => ({
  ...initialState('api'),
  epoch: 7,
  phase,
  since: ago(100),
  decidedAt: ago(100),
  ...more,
});
const command = (action: 'start' | 'stop', more: Partial<Command> = {}): Command => ({
  action,
  serial: 41,
  attempt: 1,
  requestedAt: ago(5),
  ...more,
});
const sent = { id: 'c-1' };
const reports = (outcome: CommandReport['outcome'], more: { serial?: number } = {}) =>
  ({ serial: 41, id: 'c-1', detail: 'no such image', newest: 77, ...more, outcome }) as CommandReport;

/** With the start on suspicion switched on. */
const early: Policy = { ...policy, startOnSuspicion: true };
const isSuspected: Evidence = {
  suspectAt: ago(0.5),
  troubleSince: ago(0.5),
  upAt: ago(2),
  upSince: ago(4000),
};
const downFor = (seconds: number): Evidence => ({
  suspectAt: ago(0.2),
  downAt: ago(0.2),
  troubleSince: ago(seconds),
  upAt: ago(seconds + 1),
  upSince: ago(4000),
});

type Row = {
  given: string;
  state: State;
  seen: Observation;
  reason: Reason;
  phase: Phase;
  epoch?: number;
  effects?: string[];
  policy?: Policy;
};

/** The specification, one row a rule. `epoch` is 7 and there are no effects unless the row says so. */
const rows: Row[] = [
  {
    given: 'home, the primary is healthy',
    state: at('home'),
    seen: { evidence: isUp },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, nobody has said anything for too long',
    state: at('home'),
    seen: { evidence: silent },
    reason: 'no-fresh-evidence',
    phase: 'home',
  },
  {
    given: 'home, the primary is down',
    state: at('home'),
    seen: { evidence: isDown },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'home, suspicion, and no start on suspicion',
    state: at('home'),
    seen: { evidence: isSuspected },
    reason: 'primary-suspected',
    phase: 'home',
  },
  {
    given: 'home, suspicion',
    policy: early,
    state: at('home'),
    seen: { evidence: isSuspected },
    reason: 'primary-suspected',
    phase: 'warming',
    effects: ['standby-warmed', 'start 7/1'],
  },
  {
    given: 'home, down, but not for long enough to be certain',
    policy: early,
    state: at('home'),
    seen: { evidence: downFor(2.9) },
    reason: 'primary-suspected',
    phase: 'warming',
    effects: ['standby-warmed', 'start 7/1'],
  },
  {
    given: 'home, down for long enough',
    policy: early,
    state: at('home'),
    seen: { evidence: downFor(3) },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'home, suspicion again too soon',
    policy: early,
    state: at('home', { warmedAt: ago(59) }),
    seen: { evidence: isSuspected },
    reason: 'suspicion-rate-limited',
    phase: 'home',
  },
  {
    given: 'home, suspicion again after a while',
    policy: early,
    state: at('home', { warmedAt: ago(60) }),
    seen: { evidence: isSuspected },
    reason: 'primary-suspected',
    phase: 'warming',
    effects: ['standby-warmed', 'start 7/1'],
  },
  {
    given: 'home, suspicion too soon, and then certainty',
    policy: early,
    state: at('home', { warmedAt: ago(10) }),
    seen: { evidence: downFor(3) },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'warming, the host is at it',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: isSuspected, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'warming',
  },
  {
    given: 'warming, the standby runs, and the trouble is not certain yet',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: downFor(2), command: reports('succeeded') },
    reason: 'awaiting-confirmation',
    phase: 'warming',
  },
  {
    given: 'warming, the trouble is certain, and the standby answers already',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: downFor(3), command: reports('succeeded') },
    reason: 'primary-down',
    phase: 'serving',
    epoch: 8,
    effects: ['failover-started', 'failover-completed'],
  },
  {
    given: 'warming, the trouble is certain, and the standby is not there yet',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: downFor(3), command: reports('in-progress') },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'warming, the suspicion has passed',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: isUp, command: reports('in-progress') },
    reason: 'suspicion-passed',
    phase: 'cooling',
    effects: ['suspicion-passed', 'stop 7/1'],
  },
  {
    given: 'warming, the monitoring died',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: silent, command: reports('succeeded') },
    reason: 'no-fresh-evidence',
    phase: 'warming',
  },
  {
    given: 'warming, the start failed',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: isSuspected, command: reports('failed') },
    reason: 'start-failed',
    phase: 'warming',
    effects: ['command-failed'],
  },
  {
    given: 'warming, the state lacks its command',
    policy: early,
    state: at('warming'),
    seen: { evidence: isSuspected },
    reason: 'standby-starting',
    phase: 'warming',
    effects: ['start 7/1'],
  },
  {
    given: 'cooling, the host is at it',
    policy: early,
    state: at('cooling', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('in-progress') },
    reason: 'standby-cooling',
    phase: 'cooling',
  },
  {
    given: 'cooling, done: nobody need hear of it',
    policy: early,
    state: at('cooling', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('succeeded') },
    reason: 'standby-stopped',
    phase: 'home',
  },
  {
    given: 'cooling, and now it is certain',
    policy: early,
    state: at('cooling', { command: command('stop', sent) }),
    seen: { evidence: downFor(3), command: reports('in-progress') },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'starting, the host has run newer commands than we remember',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('superseded') },
    reason: 'start-failed',
    phase: 'starting',
    effects: ['command-failed'],
  },
  {
    given: 'serving, a suspicion is no sign of health',
    state: at('serving'),
    seen: { evidence: { ...isSuspected, upSince: ago(4000) } },
    reason: 'primary-still-down',
    phase: 'serving',
  },
  {
    given: 'starting, the command is being dispatched by somebody',
    state: at('starting', { command: command('start') }),
    seen: { evidence: isDown },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, the dispatch was recorded but never happened',
    state: at('starting', { command: command('start', { requestedAt: ago(20) }) }),
    seen: { evidence: isDown },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['start 7/2'],
  },
  {
    given: 'starting, the host is at it',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, the standby answers its health path',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('succeeded') },
    reason: 'standby-healthy',
    phase: 'serving',
    effects: ['failover-completed'],
  },
  {
    given: 'starting, a success of an older command arrives',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('succeeded', { serial: 40 }) },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, a failure of an older command arrives',
    state: at('starting', { command: command('start', { ...sent, attempt: 2 }) }),
    seen: { evidence: isDown, command: reports('failed', { serial: 40 }) },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, the primary is back before the standby served',
    state: at('starting', { decidedAt: ago(3), command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('in-progress') },
    reason: 'primary-back-before-standby',
    phase: 'draining',
    epoch: 8,
    effects: ['failover-abandoned'],
  },
  {
    given: 'starting, the sign of the primary is older than the decision',
    state: at('starting', { decidedAt: ago(0.5), command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, both are back at once: who serves stays',
    state: at('starting', { decidedAt: ago(3), command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('succeeded') },
    reason: 'standby-healthy',
    phase: 'serving',
    effects: ['failover-completed'],
  },
  {
    given: 'starting, the command failed',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('failed') },
    reason: 'start-failed',
    phase: 'starting',
    effects: ['command-failed'],
  },
  {
    given: 'starting, the third failure: people have heard enough for now',
    state: at('starting', { command: command('start', { ...sent, attempt: 3 }) }),
    seen: { evidence: isDown, command: reports('failed') },
    reason: 'start-failed',
    phase: 'starting',
  },
  {
    given: 'starting, the next try is not due',
    state: at('starting', { command: command('start', { ...sent, retryAt: now + 1 }) }),
    seen: { evidence: isDown },
    reason: 'start-failed',
    phase: 'starting',
  },
  {
    given: 'starting, the next try is due',
    state: at('starting', { command: command('start', { ...sent, retryAt: now }) }),
    seen: { evidence: isDown },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['start 7/2'],
  },
  {
    given: 'starting, no end of the command within its limit',
    state: at('starting', { command: command('start', { ...sent, requestedAt: ago(200) }) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'start-failed',
    phase: 'starting',
    effects: ['command-failed'],
  },
  {
    given: 'starting, SSM cannot reach the host',
    state: at('starting', { command: command('start') }),
    seen: { evidence: isDown, command: reports('host-unreachable') },
    reason: 'host-not-ready',
    phase: 'starting',
    effects: ['command-failed'],
  },
  {
    given: 'starting, the host is stopped',
    state: at('starting', { command: command('start', { retryAt: now, hostUnreachable: true }) }),
    seen: { evidence: isDown, host: 'stopped' },
    reason: 'host-not-ready',
    phase: 'starting',
    effects: ['start-host', 'host-starting'],
  },
  {
    given: 'starting, the host is up again',
    state: at('starting', { command: command('start', { retryAt: now, hostUnreachable: true }) }),
    seen: { evidence: isDown, host: 'running' },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['start 7/2'],
  },
  {
    given: 'starting, the state lacks its command',
    state: at('starting'),
    seen: { evidence: isDown },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['start 7/1'],
  },
  {
    given: 'serving, the primary is still down',
    state: at('serving'),
    seen: { evidence: isDown },
    reason: 'primary-still-down',
    phase: 'serving',
  },
  {
    given: 'serving, the monitoring is silent',
    state: at('serving'),
    seen: { evidence: silent },
    reason: 'no-fresh-evidence',
    phase: 'serving',
  },
  {
    given: 'serving, the primary has only just come back',
    state: at('serving'),
    seen: { evidence: justUp },
    reason: 'primary-not-yet-stable',
    phase: 'serving',
  },
  {
    given: 'serving, the failover was completed too recently',
    state: at('serving', { failoverCompletedAt: ago(299) }),
    seen: { evidence: isUp },
    reason: 'cooldown-active',
    phase: 'serving',
  },
  {
    given: 'serving, the primary has recovered for good',
    state: at('serving', { failoverCompletedAt: ago(300) }),
    seen: { evidence: isUp },
    reason: 'primary-recovered',
    phase: 'draining',
    epoch: 8,
    effects: ['failback-started'],
  },
  {
    given: 'draining, not long enough',
    state: at('draining', { since: ago(24) }),
    seen: { evidence: isUp },
    reason: 'standby-draining',
    phase: 'draining',
  },
  {
    given: 'draining, long enough',
    state: at('draining', { since: ago(25) }),
    seen: { evidence: isUp },
    reason: 'standby-drained',
    phase: 'stopping',
    effects: ['stop 7/1'],
  },
  {
    given: 'draining, the monitoring died: nothing proves that the primary lives',
    state: at('draining', { since: ago(600) }),
    seen: { evidence: silent },
    reason: 'no-fresh-evidence',
    phase: 'draining',
  },
  {
    given: 'draining, the primary is down again',
    state: at('draining'),
    seen: { evidence: isDown },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'stopping, the host is at it',
    state: at('stopping', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('in-progress') },
    reason: 'standby-stopping',
    phase: 'stopping',
  },
  {
    given: 'stopping, done',
    state: at('stopping', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('succeeded') },
    reason: 'standby-stopped',
    phase: 'home',
    effects: ['failback-completed'],
  },
  {
    given: 'stopping, the whole host is stopped',
    state: at('stopping', { command: command('stop', { retryAt: now, hostUnreachable: true }) }),
    seen: { evidence: isUp, host: 'stopped' },
    reason: 'standby-stopped',
    phase: 'home',
    effects: ['failback-completed'],
  },
  {
    given: 'stopping, the command failed',
    state: at('stopping', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('failed') },
    reason: 'stop-failed',
    phase: 'stopping',
    effects: ['command-failed'],
  },
  {
    given: 'stopping, the primary is down again while the stop runs',
    state: at('stopping', { command: command('stop', sent) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
];

function effectNames(decision: ReturnType<typeof decide>): string[] {
  return decision.effects.map((effect) => {
    if (effect.type === 'command') return `${effect.action} ${effect.epoch}/${effect.attempt}`;
    return effect.type === 'deliver' ? effect.entry.kind : effect.type;
  });
}

describe('decide', () => {
  test.each(rows)('$given: $reason', (row) => {
    const { state, seen, reason, phase, epoch = 7, effects = [] } = row;
    const decision = decide(state, seen, row.policy ?? policy, now);
    expect({ reason: decision.reason, phase: decision.state.phase, epoch: decision.state.epoch }).toEqual({
      reason,
      phase,
      epoch,
    });
    expect(effectNames(decision).sort()).toEqual([...effects].sort());
    expect(decision.site).toBe(siteOf(phase));
  });

  it('has a row for every reason', () => {
    const all: Record<Reason, true> = {
      'primary-suspected': true,
      'suspicion-rate-limited': true,
      'awaiting-confirmation': true,
      'suspicion-passed': true,
      'standby-cooling': true,
      'primary-healthy': true,
      'primary-down': true,
      'no-fresh-evidence': true,
      'standby-starting': true,
      'start-failed': true,
      'host-not-ready': true,
      'standby-healthy': true,
      'primary-back-before-standby': true,
      'primary-still-down': true,
      'primary-not-yet-stable': true,
      'cooldown-active': true,
      'primary-recovered': true,
      'standby-draining': true,
      'standby-drained': true,
      'standby-stopping': true,
      'stop-failed': true,
      'standby-stopped': true,
    };
    expect(new Set(rows.map(({ reason }) => reason))).toEqual(new Set(Object.keys(all)));
  });

  it('waits twice as long after each failure, up to the maximum', () => {
    const waits = [1, 2, 3, 5, 6, 7, 20, 2000].map((attempt) => {
      const state = at('starting', { command: command('start', { ...sent, attempt }) });
      const decision = decide(state, { evidence: isDown, command: reports('failed') }, policy, now);
      return ((decision.state.command?.retryAt ?? 0) - now) / s;
    });
    expect(waits).toEqual([2, 4, 8, 32, 64, 64, 64, 64]);
  });
});

describe('the host has run newer commands than we remember', () => {
  it('the next try is newer than those', () => {
    const state = at('starting', { nextCommand: 42, command: command('start', sent) });
    const learned = decide(state, { evidence: isDown, command: reports('superseded') }, policy, now);
    const later = now + 2 * s;
    const again = decide(learned.state, { evidence: { ...isDown, downAt: later } }, policy, later);
    expect(again.effects).toContainEqual({
      type: 'command',
      action: 'start',
      epoch: 7,
      serial: 78,
      attempt: 2,
    });
  });
});

describe('the outbox', () => {
  const { state } = decide(at('home'), { evidence: isDown }, policy, now);
  const entry = state.outbox[0]?.entry;

  it('keeps an entry until it is delivered', () => {
    expect(entry).toMatchObject({
      kind: 'failover-started',
      epoch: 8,
      reason: 'primary-down',
      service: 'api',
    });
    const later = decide(state, { evidence: isDown, delivered: [entry?.id ?? ''] }, policy, now);
    expect(later.state.outbox).toEqual([]);
  });

  it('leaves it to its claimant at first', () => {
    const soon = decide(state, { evidence: isDown }, policy, now + 19_999);
    expect(effectNames(soon)).toEqual([]);
  });

  it('delivers it again when its claimant must have died', () => {
    const late = decide(state, { evidence: isDown }, policy, now + 20_000);
    expect(effectNames(late)).toContain('failover-started');
    const again = decide(late.state, { evidence: isDown }, policy, now + 20_001);
    expect(effectNames(again)).toEqual([]);
  });
});
