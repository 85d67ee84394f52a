import { describe, expect, test } from 'vitest';
import { confirm } from '../../bin/cli/steer/confirm.ts';
import { movesOf } from '../../bin/cli/steer/moves.ts';
import { wayOut } from '../../bin/cli/steer/request.ts';
import { moment, parsePause, parseSpan, span } from '../../bin/cli/steer/time.ts';
import { decide } from '../../lambda/domain/decide.ts';
import type { Evidence } from '../../lambda/domain/evidence.ts';
import type { Entry } from '../../lambda/domain/history.ts';
import type { OperatorRequest } from '../../lambda/domain/observation.ts';
import { reasons } from '../../lambda/domain/reasons.ts';
import { policy } from '../support/policy.ts';
import { stateIn } from '../support/state.ts';

describe('spans and moments', () => {
  test.each([
    ['90s', 90],
    ['30m', 1800],
    ['2h', 7200],
    ['1d', 86_400],
  ])('%s is %d seconds', (text, seconds) => expect(parseSpan(text)).toBe(seconds));
  test.each(['', '5', '0s', '1.5h', '-3m', '2 h', '2w', '2hours'])('%j is refused', (text) => {
    expect(() => parseSpan(text)).toThrow(
      `received ${JSON.stringify(text)}, expected a span of time such as`,
    );
  });
  test('a pause of more than a week is refused', () => {
    expect(parsePause('7d')).toBe(604_800);
    expect(() => parsePause('169h')).toThrow('received "169h", expected at most 7d');
  });
  test.each([
    [-5, '0.0 s'],
    [430, '0.4 s'],
    [12_000, '12 s'],
    [260_000, '4 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
    [60_000, '1 min'],
  ])('%d ms reads %s', (milliseconds, text) => expect(span(milliseconds)).toBe(text));
  test('a moment of another day has its date', () => {
    const now = Date.parse('2026-03-01T03:12:09Z');
    expect(moment(now, now)).toBe('03:12:09 UTC');
    expect(moment(now - 86_400_000, now)).toBe('2026-02-28 03:12:09 UTC');
  });
});

describe('the confirmation of a move', () => {
  const context = (answer?: string) => ({
    process: { stdout: { write() {} }, stderr: { write() {} }, env: {} },
    clock: Date.now,
    ...(answer !== undefined && { ask: async () => answer }),
  });
  test('is the name of the service', async () => {
    await expect(confirm(context(' api\n'), false, 'api', 'moves it')).resolves.toBeUndefined();
    await expect(confirm(context('y'), false, 'api', 'moves it')).rejects.toThrow(
      'not confirmed: received "y", expected "api"; nothing was done',
    );
  });
  test('is not asked for with --yes, and cannot be given without a terminal', async () => {
    await expect(confirm(context(), true, 'api', 'moves it')).resolves.toBeUndefined();
    await expect(confirm(context(), false, 'api', 'moves it')).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('a refusal', () => {
  const actions = ['resume', 'acknowledge', 'switchover', 'failover', 'failback', 'self-test'] as const;
  const phases = ['home', 'warming', 'cooling', 'starting', 'serving', 'draining', 'stopping'] as const;
  const now = 1_800_000_000_000;
  const healths: readonly Evidence[] = [{ upAt: now, upSince: now }, { downAt: now }, {}];

  test('of whatever the control plane refuses says the way out', () => {
    const refused = new Map<string, string>();
    for (const action of actions)
      for (const phase of phases)
        for (const evidence of healths) {
          const request = { action, by: 'me' } as OperatorRequest;
          const { answer } = decide(stateIn(phase), { evidence, request }, policy, now);
          if (!answer || answer.accepted) continue;
          const { reason } = answer;
          refused.set(`${action}: ${reason}`, wayOut('api', { action }, reasons[reason]));
        }
    expect(refused.size).toBeGreaterThan(8);
    // Where nothing else is known, it would only lead to "why".
    for (const [what, way] of refused) expect(way, what).not.toMatch(/^How things stand: /);
  });
});

describe('moves, put together from the audit', () => {
  let nextId = 0;
  const entry = (kind: Entry['kind'], epoch: number, at: number, more: Partial<Entry> = {}): Entry => ({
    id: String(nextId++),
    service: 'api',
    kind,
    epoch,
    at,
    reason: 'primary-down',
    ...more,
  });
  const newestFirst = (entries: Entry[]) => movesOf(entries.reverse());

  test('a failover counts from the first bad sign', () => {
    const moves = newestFirst([
      entry('standby-warmed', 0, 1000),
      entry('failover-started', 1, 2300, { seen: { primary: 'down', said: 'down', since: 700 } }),
      entry('command-failed', 1, 2400),
      entry('failover-completed', 1, 3500, { answeredAt: 2600 }),
      entry('failback-started', 2, 60_000, { reason: 'primary-recovered' }),
      entry('failback-completed', 2, 95_000),
    ]);
    expect(moves).toEqual([
      {
        kind: 'failback',
        epoch: 2,
        reason: 'primary-recovered',
        decidedAt: 60_000,
        endedAt: 95_000,
        phases: { 'drain and stop': 35 },
        failures: 0,
      },
      {
        kind: 'failover',
        epoch: 1,
        reason: 'primary-down',
        decidedAt: 2300,
        endedAt: 3500,
        recoverySeconds: 1.9,
        phases: {
          'first sign to start ahead': 0.3,
          'start ahead to healthy standby': 1.6,
        },
        failures: 1,
      },
    ]);
  });

  test('a suspicion that passed belongs to no failover', () => {
    const [move] = newestFirst([
      entry('standby-warmed', 0, 1000),
      entry('suspicion-passed', 0, 2000),
      entry('failover-started', 1, 90_000),
      entry('failover-completed', 1, 92_000),
    ]);
    expect(move).toMatchObject({
      recoverySeconds: 2,
      phases: { 'first sign to decision': 0, 'decision to healthy standby': 2 },
    });
  });

  test('what is under way has no end yet', () => {
    const [move] = newestFirst([entry('switchover-started', 1, 1000, { by: 'me@host' })]);
    expect(move).toEqual({
      kind: 'switchover',
      epoch: 1,
      reason: 'primary-down',
      by: 'me@host',
      decidedAt: 1000,
      phases: {},
      failures: 0,
    });
  });
});
