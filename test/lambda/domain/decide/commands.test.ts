import { describe, expect, it, test } from 'vitest';
import { decide } from '../../../../lambda/domain/decide.ts';
import { draft, setOwn } from '../../../../lambda/domain/draft.ts';
import { commandOf } from '../../../../lambda/domain/state.ts';
import { policy } from '../../../support/policy.ts';
import { type commandFor, loose } from '../../../support/state.ts';
import { ago, at, command, effectNames, failed, isDown, isUp, now, reports, s, sent } from './given.ts';

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
      inCharge: 'standby',
      wakeFrom: 0,
    });
  });
});

describe('C4: a host that says it has run an impossible command', () => {
  const start = command('start', sent);
  const says = (newest: number) =>
    decide(
      at('starting', { command: start, nextCommand: 42 }),
      { evidence: isDown, command: { serial: 41, outcome: 'superseded', newest } },
      policy,
      now,
    ).state;

  it.each([999_999_999_999_999, 2_000_000, Number.POSITIVE_INFINITY, Number.NaN, 10 ** 400])(
    '%d: the numbers of commands stay ours, and people are told',
    (newest) => {
      const { nextCommand, command, outbox } = loose(says(newest));
      expect(nextCommand).toBe(42);
      expect(command).toMatchObject({ failure: expect.stringContaining('replace the host') });
      expect(outbox.at(-1)?.entry).toMatchObject({ kind: 'command-failed' });
    },
  );

  it('a possible one is caught up with, and none is ever lowered', () => {
    expect(says(77).nextCommand).toBe(78);
    expect(says(41 + 1_000_000).nextCommand).toBe(1_000_042);
    expect(says(3).nextCommand).toBe(42);
  });
});

describe('C7: a start that was lost on the way', () => {
  const lost = (seconds: number, more: Parameters<typeof commandFor>[1] = {}) =>
    at('starting', {
      decidedAt: ago(seconds),
      nextCommand: 42,
      command: command('start', { ...sent, requestedAt: ago(seconds), ...more }),
    });
  const nobody = { ...isDown, unservedAt: ago(0) };

  it.each(['starting', 'serving'] as const)(
    'in %s is sent again when the site has seen nobody serve for 15 s',
    (phase) => {
      const { state: next, effects } = decide(at(phase, loose(lost(15))), { evidence: nobody }, policy, now);
      const words = { inCharge: 'standby', wakeFrom: 0 };
      const again = { type: 'command', action: 'start', epoch: 7, serial: 42, attempt: 1, ...words };
      expect(effects).toContainEqual(again);
      expect(commandOf(next)).toMatchObject({ serial: 42, requestedAt: now });
    },
  );

  it.each([
    ['before that', lost(14), nobody],
    ['while the site sees somebody serve', lost(100), isDown],
    ['when nobody served only before it was sent', lost(15), { ...isDown, unservedAt: ago(16) }],
  ])('is not sent again %s', (_, state, evidence) => {
    expect(effectNames(decide(state, { evidence }, policy, now))).not.toContain('command');
  });

  it('no stop is ever sent again for that', () => {
    const stopping = at('stopping', { command: command('stop', { ...sent, requestedAt: ago(30) }) });
    expect(effectNames(decide(stopping, { evidence: { ...isUp, unservedAt: ago(0) } }, policy, now))).toEqual(
      [],
    );
  });
});

test('what belongs to another phase is not changed', () => {
  const d = draft(at('home'), { evidence: {} }, policy, now);
  expect(() => setOwn(d, 'serving', { verifiedAt: now })).toThrow('phase: received home, expected serving');
});

test('a lack of capacity that is reported late is not the fault of a command that failed on the host', () => {
  const state = at('stopping', { command: command('stop', failed(now + s)) });
  const seen = { evidence: isUp, capacity: 'off', capacityStart: 'no-capacity' } as const;
  const { state: next, reason } = decide(
    at('stopping', loose(state)),
    { ...seen, capacity: 'on' },
    policy,
    now,
  );
  expect(reason).toBe('stop-failed');
  expect(commandOf(next)).toMatchObject({ cause: 'command', failure: 'no such image' });
});
