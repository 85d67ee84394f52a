import { describe, expect, it } from 'vitest';
import { decide } from '../../../../lambda/domain/decide.ts';
import type { CommandReport, OperatorRequest } from '../../../../lambda/domain/observation.ts';
import type { Policy } from '../../../../lambda/domain/policy.ts';
import { commandOf, heldByOf, type State } from '../../../../lambda/domain/state.ts';
import { policy } from '../../../support/policy.ts';
import { type Changes, loose } from '../../../support/state.ts';
import {
  ago,
  asleep,
  at,
  command,
  downFor,
  early,
  failed,
  inspected,
  isDown,
  isUp,
  justUp,
  now,
  reports,
  s,
  seesStandby,
  sent,
  silent,
} from './given.ts';

describe('what is remembered', () => {
  it('the id of the command, once', () => {
    const state = at('starting', { command: command('start') });
    const report = { serial: 41, outcome: 'sent', id: 'c-1' } as const;
    const once = decide(state, { evidence: isDown, command: report }, policy, now);
    expect(commandOf(once.state)).toMatchObject(sent);
    expect(decide(once.state, { evidence: isDown, command: report }, policy, now).state).toBe(once.state);
  });

  it('that a booting host does not answer yet, without writing to anybody', () => {
    const quiet = [2, 8].map((attempt) => {
      const state = at('starting', { command: command('start', { attempt }) });
      const seen = { evidence: isDown, capacity: 'on', command: reports('host-unreachable') } as const;
      return decide(state, seen, asleep, now).state.outbox[0]?.entry.quiet;
    });
    expect(quiet).toEqual([true, undefined]);
  });

  it('what the host said when the standby answered', () => {
    const state = at('starting', { command: command('start', sent) });
    const report = { ...inspected(), output: 'hook before-start: promoted' } as CommandReport;
    const { state: after } = decide(state, { evidence: isDown, command: report }, policy, now);
    expect(after.outbox[0]?.entry.detail).toBe('hook before-start: promoted');
  });

  it('that a start failed, until one succeeds', () => {
    const state = at('starting', { command: command('start', sent) });
    const after = decide(state, { evidence: isDown, command: reports('failed') }, policy, now).state;
    expect(after.startFailure).toEqual({ at: now, failure: 'no such image' });
    // It stays through whatever else follows, and a stop that works proves nothing.
    const stopping = at('stopping', { ...loose(after), command: command('stop', sent) } as Changes);
    const home = decide(stopping, { evidence: isUp, command: reports('succeeded') }, policy, now).state;
    expect([home.phase, home.startFailure]).toEqual(['home', after.startFailure]);
    const testing = at('warming', {
      ...loose(home),
      testing: true,
      command: command('start', sent),
    } as Changes);
    const tested = decide(
      testing,
      {
        evidence: { ...seesStandby, traffic: { at: now, to: 'primary', since: 0, standby: 'up' } },
        command: reports('succeeded'),
      },
      policy,
      now,
    ).state;
    expect([tested.why, tested.startFailure]).toEqual(['self-test-passed', undefined]);
  });

  it.each([
    ['a self-test that failed', at('warming', { testing: true, command: command('start', sent) }), policy],
    ['a host that was not reached', at('starting', { command: command('start', sent) }), policy],
  ])('%s counts as a start that failed', (_, state, of) => {
    const outcome = _ === 'a host that was not reached' ? 'host-unreachable' : 'failed';
    const evidence = state.phase === 'warming' ? isUp : isDown;
    const { state: after } = decide(state, { evidence, command: reports(outcome) }, of, now);
    expect(after.startFailure?.at).toBe(now);
  });

  it('of a host that boots, nothing', () => {
    const state = at('starting', { command: command('start', sent) });
    const seen = { evidence: isDown, capacity: 'on', command: reports('host-unreachable') } as const;
    expect(decide(state, seen, asleep, now).state.startFailure).toBeUndefined();
  });

  it.each([
    ['nobody serves yet', { to: 'nobody', since: ago(7) }, undefined, 7],
    ['it is over already', { to: 'standby', since: ago(1) }, { from: ago(6), until: ago(1) }, 5],
    [
      'it was before the last answer',
      { to: 'standby', since: ago(50) },
      { from: ago(60), until: ago(50) },
      undefined,
    ],
    ['the site has said nothing of it', undefined, undefined, undefined],
  ] as const)('for how long no site served before a restart: %s', (_, traffic, gap, seconds) => {
    const state = at('serving', { command: command('start', sent) });
    const evidence = {
      ...isDown,
      ...(traffic && { traffic: { at: ago(0.5), ...traffic } }),
      ...(gap && { gap }),
    };
    const { state: after } = decide(state, { evidence, command: inspected({ runs: true }) }, policy, now);
    expect(after.outbox[0]?.entry).toMatchObject({ kind: 'standby-restarted' });
    expect(after.outbox[0]?.entry.tookMilliseconds).toBe(seconds && seconds * s);
  });

  it('one mail says that the standby serves, also where the service flaps', () => {
    const mails = (failovers: number[]) =>
      decide(
        at('starting', { command: command('start', sent), failovers }),
        { evidence: isDown, command: reports('succeeded') },
        policy,
        now,
      ).state.outbox.flatMap(({ entry }) => (entry.quiet ? [] : [entry.kind]));
    expect(mails([ago(100)])).toEqual(['failover-completed']);
    expect(mails([ago(200), ago(100)])).toEqual(['flapping']);
  });

  it('when a standby that was started ahead was first seen to answer', () => {
    const given = {
      command: command('start', sent),
      why: 'awaiting-confirmation',
      whySince: ago(1.7),
    } as const;
    const seen = { evidence: downFor(3), command: reports('succeeded') };
    const completed = (state: State) =>
      decide(state, seen, early, now).state.outbox.find(({ entry }) => entry.kind === 'failover-completed');
    expect(completed(at('warming', given))?.entry.answeredAt).toBe(ago(1.7));
    expect(completed(at('warming', { ...given, why: 'standby-starting' }))?.entry).not.toHaveProperty(
      'answeredAt',
    );
  });

  it('says why, and since when it has been so', () => {
    const first = decide(at('serving', { failovers: [ago(10)] }), { evidence: isUp }, policy, now);
    expect({ why: first.state.why, since: first.state.whySince }).toEqual({
      why: 'cooldown-active',
      since: now,
    });
    const later = now + 5 * s;
    const second = decide(first.state, { evidence: { ...isUp, upAt: later } }, policy, later);
    expect(second.state.whySince).toBe(now);
  });

  it('the next instance type in turn, and the own one first when it has come home', () => {
    const types: Policy = { ...policy, instanceTypes: ['t3.small', 't3a.small'] };
    const waiting = command('start', { ...failed(now, 'host-off') });
    const state = at('starting', { command: waiting });
    const short = decide(
      state,
      { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' },
      types,
      now,
    );
    expect(short.effects).toContainEqual({ type: 'start-capacity', instanceType: 't3a.small' });
    const again = decide(
      at('starting', { ...short.state, command: { ...waiting, ...failed(now + 1, 'host-off') } }),
      { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' },
      types,
      now,
    );
    expect(again.state.instanceType).toBe(0);
    const home = decide(at('stopping', { instanceType: 1 }), { evidence: isUp, capacity: 'off' }, types, now);
    expect(home.state.instanceType).toBeUndefined();
  });
});

/** Each of these was once broken by hand, and neither a row nor an explored world noticed. */
describe('rules that only show in what follows', () => {
  it.each([
    [
      'in the very moment of the last failover',
      [ago(900), ago(800), ago(700)],
      ago(700),
      'primary-recovered',
    ],
    [
      'before the last one, which is then the only one',
      [ago(900), ago(800), ago(700)],
      ago(701),
      'primary-recovered',
    ],
    ['before three more', [ago(900), ago(800), ago(700)], ago(901), 'flapping'],
  ] as const)('an acknowledgement %s', (_, failovers, acknowledgedAt, reason) => {
    const evidence = { ...isUp, upSince: ago(100) };
    expect(decide(at('serving', { failovers, acknowledgedAt }), { evidence }, policy, now).reason).toBe(
      reason,
    );
  });

  it('a failover in the moment of the acknowledgement does not count, where one is too many', () => {
    const one: Policy = { ...policy, flapLimit: 1 };
    const state = at('serving', { failovers: [ago(700)], acknowledgedAt: ago(700) });
    expect(decide(state, { evidence: isUp }, one, now).reason).toBe('primary-recovered');
    expect(decide({ ...state, acknowledgedAt: ago(701) }, { evidence: justUp }, one, now).reason).toBe(
      'flapping',
    );
  });

  it('an acknowledgement ends flapping for good, and not for one look', () => {
    const evidence = { ...isUp, upSince: ago(100) };
    const state = at('serving', { failovers: [ago(900), ago(800), ago(100)] });
    expect(decide(state, { evidence }, policy, now).reason).toBe('flapping');
    const request: OperatorRequest = { action: 'acknowledge', by: 'eve' };
    const after = decide(state, { evidence, request }, policy, now);
    expect(after.state.acknowledgedAt).toBe(now);
    expect(after.reason).toBe('cooldown-active');
    const later = now + 200 * s;
    const then = decide(after.state, { evidence: { ...evidence, upAt: later } }, policy, later);
    expect(then.reason).toBe('primary-recovered');
  });

  it.each([
    ['failover', undefined],
    ['switchover', 'eve'],
  ] as const)('who asks for a %s holds the service away from home: %s', (action, heldBy) => {
    const request: OperatorRequest = { action, by: 'eve' };
    const asked = decide(at('home'), { evidence: isUp, request }, policy, now);
    expect(heldByOf(asked.state)).toBe(heldBy);
    const started = at(asked.state.phase, { ...loose(asked.state), command: command('start', sent) });
    const serves = decide(started, { evidence: isDown, command: reports('succeeded') }, policy, now + s);
    expect(serves.state).toMatchObject({ phase: 'serving', ...(heldBy && { heldBy }) });
    const later = now + 4000 * s;
    const well = { upAt: later, upSince: now + 2 * s };
    expect(
      decide(at('serving', { ...loose(serves.state), verifiedAt: later }), { evidence: well }, policy, later)
        .reason,
    ).toBe(heldBy ? 'held-by-operator' : 'primary-recovered');
  });

  it('a dark site is dark although the last it said was old on arrival', () => {
    const evidence = { ...silent, staleAt: ago(300) };
    const seen = (witness: 'reachable' | 'unreachable') =>
      decide(at('home'), { evidence, witness }, policy, now).reason;
    expect([seen('unreachable'), seen('reachable')]).toEqual(['site-dark', 'prometheus-dead']);
  });

  it.each(['off', 'gone'] as const)('nothing runs on a host that is %s', (capacity) => {
    expect(decide(at('serving'), { evidence: isDown, capacity }, policy, now).reason).toBe(
      'standby-not-answering',
    );
    const stopping = at('stopping', { command: command('stop', sent) });
    expect(decide(stopping, { evidence: isUp, capacity }, policy, now).state.phase).toBe('home');
    const cooling = at('cooling', { command: command('stop', sent) });
    expect(decide(cooling, { evidence: isUp, capacity }, policy, now).state.phase).toBe('home');
  });

  it.each(['starting', 'on', 'stopping'] as const)('on a host that is %s something may', (capacity) => {
    const stopping = at('stopping', { command: command('stop', sent) });
    expect(decide(stopping, { evidence: isUp, capacity }, policy, now).state.phase).toBe('stopping');
  });

  it.each([
    [1, 'primary-still-down'],
    [2, 'standby-not-answering'],
  ])('a standby that is asked for the time number %d: %s', (attempt, reason) => {
    const state = at('serving', { command: command('start', { ...sent, attempt }) });
    expect(decide(state, { evidence: isDown, command: reports('in-progress') }, policy, now).reason).toBe(
      reason,
    );
  });

  it('a lack of capacity moves the type on once, however often it is said', () => {
    const types: Policy = { ...policy, instanceTypes: ['a.small', 'b.small', 'c.small'] };
    const waiting = command('start', { ...failed(now + s, 'host-off') });
    const seen = { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' } as const;
    const once = decide(at('starting', { command: waiting }), seen, types, now);
    const twice = decide(once.state, seen, types, now);
    expect([once.state.instanceType, twice.state.instanceType]).toEqual([1, 1]);
  });

  it('the start of a host has a number of its own, and no command has it again', () => {
    const { state } = decide(
      at('home', { nextCommand: 42 }),
      { evidence: isDown, capacity: 'off' },
      asleep,
      now,
    );
    expect({ serial: commandOf(state)?.serial, nextCommand: state.nextCommand }).toEqual({
      serial: 42,
      nextCommand: 43,
    });
    const running = { evidence: { ...isDown, downAt: now + 5 * s }, capacity: 'on' } as const;
    const then = decide(state, running, asleep, now + 5 * s);
    expect(then.effects).toContainEqual(
      expect.objectContaining({ type: 'command', action: 'start', serial: 43 }),
    );
  });
});
