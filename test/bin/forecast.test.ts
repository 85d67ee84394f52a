import { describe, expect, test } from 'vitest';
import { forecast } from '../../bin/cli/steer/forecast.ts';
import type { Evidence } from '../../lambda/domain/evidence.ts';
import type { State } from '../../lambda/domain/state.ts';
import { policy } from '../support/policy.ts';
import { type Changes, commandFor, stateIn } from '../support/state.ts';

const now = 1_800_000_000_000;
const ago = (seconds: number) => now - seconds * 1000;
const up: Evidence = { upAt: ago(1), upSince: ago(10) };
const down: Evidence = { downAt: ago(1), troubleSince: ago(1), upAt: ago(10), upSince: ago(99) };
const at = (phase: State['phase'], more: Changes = {}): State =>
  stateIn(phase, {
    epoch: 3,
    since: ago(20),
    decidedAt: ago(20),
    inspectedAt: now,
    verifiedAt: now,
    testedAt: now,
    warmedAt: ago(1),
    ...more,
  });
const seen = (state: State, evidence: Evidence, changes: Partial<typeof policy> = {}) => {
  const next = forecast({ state, evidence, policy: { ...policy, ...changes }, now });
  return next && [next.phase, next.reason, Math.round((next.at - now) / 1000)];
};

describe('what comes next', () => {
  test('failback when the primary has been up for long enough, and the cooldown is over', () => {
    const long = { stableSeconds: 60, cooldownSeconds: 300 };
    expect(seen(at('serving', { failovers: [ago(20)] }), up, long)).toEqual([
      'draining',
      'primary-recovered',
      280,
    ]);
    expect(seen(at('serving', { failovers: [ago(999)] }), up, long)).toEqual([
      'draining',
      'primary-recovered',
      50,
    ]);
  });
  test('nothing while the primary is down and the standby serves', () => {
    expect(seen(at('serving', { failovers: [ago(20)] }), down)).toBeUndefined();
  });
  test('the standby is stopped when it has drained', () => {
    expect(seen(at('draining', { since: ago(5) }), up, { drainSeconds: 30 })).toEqual([
      'stopping',
      'standby-drained',
      25,
    ]);
  });
  test('the end of a pause, with an outage that waits for it', () => {
    const pause = { until: now + 3600_000, by: 'me', why: 'work' };
    const next = seen(at('home', { pause }), down);
    expect(next?.slice(0, 2)).toEqual(['starting', 'primary-down']);
    expect(next?.[2]).toBeGreaterThanOrEqual(3600);
    expect(next?.[2]).toBeLessThan(3620);
  });
  test('a self-test that is due', () => {
    const next = seen(at('home', { testedAt: ago(1000) }), up, { selfTestSeconds: 7 * 86_400 });
    expect(next?.slice(0, 2)).toEqual(['warming', 'self-test-running']);
  });
  test('nothing that only the silence of the host would bring about', () => {
    const command = commandFor('start', { serial: 4, requestedAt: ago(1), status: 'sent', id: 'c' });
    expect(seen(at('starting', { command }), down)).toBeUndefined();
    expect(seen(at('serving', { command, failovers: [ago(20)] }), down)).toBeUndefined();
  });
  test('nothing while the site is silent', () => {
    expect(seen(at('home'), { upAt: ago(99_999), upSince: ago(999_999) })).toBeUndefined();
  });
});
