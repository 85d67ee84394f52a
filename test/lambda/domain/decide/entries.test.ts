import { describe, expect, test } from 'vitest';
import { decide } from '../../../../lambda/domain/decide.ts';
import type { Entry, EntryKind } from '../../../../lambda/domain/history.ts';
import type { Observation } from '../../../../lambda/domain/observation.ts';
import type { Policy } from '../../../../lambda/domain/policy.ts';
import type { State } from '../../../../lambda/domain/state.ts';
import { policy } from '../../../support/policy.ts';
import {
  ago,
  at,
  command,
  failed,
  inspected,
  isDown,
  isUp,
  now,
  pause,
  reports,
  s,
  seesStandby,
  sent,
  tested,
} from './given.ts';
import { flapped } from './requests.rows.ts';

/** What a mail says of the next step. */
describe('an entry says when the next step is due', () => {
  const started = command('start', sent);
  const failing = reports('failed');
  const bad = { evidence: isDown, command: failing };
  const good = { evidence: isDown, command: reports('succeeded') };
  const testing = { testing: true, since: ago(2), command: started } as const;
  test.each<[EntryKind, string, State, Observation, Policy, Partial<Entry>]>([
    [
      'failover-started',
      'people are told if it is stuck',
      at('home'),
      { evidence: isDown },
      policy,
      { nextAt: now + 120 * s },
    ],
    [
      'failover-completed',
      'the cooldown, then a healthy primary',
      at('starting', { command: started }),
      good,
      policy,
      { nextAt: now + 300 * s, stableSeconds: 60 },
    ],
    [
      'failover-completed',
      'nothing, if an operator holds it',
      at('starting', { command: started, heldBy: 'eve' }),
      good,
      policy,
      { by: 'eve' },
    ],
    [
      'failover-stuck',
      'the next try',
      at('starting', { command: started, decidedAt: ago(120) }),
      bad,
      policy,
      { nextAt: now + 2 * s, detail: 'no such image', tookMilliseconds: 120 * s },
    ],
    [
      'failback-started',
      'the stop',
      at('serving', { failovers: [ago(400)] }),
      { evidence: isUp },
      policy,
      { nextAt: now + 25 * s },
    ],
    [
      'command-failed',
      'the next try',
      at('starting', { command: command('start', { ...sent, attempt: 2 }) }),
      bad,
      policy,
      { nextAt: now + 4 * s, attempt: 2 },
    ],
    [
      'host-starting',
      'the next look',
      at('home'),
      { evidence: isDown, capacity: 'off' },
      policy,
      { nextAt: now + 2 * s },
    ],
    [
      'no-capacity',
      'the next try',
      at('starting', { command: command('start', { ...failed(now + 4, 'host-off'), attempt: 2 }) }),
      { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' },
      policy,
      { nextAt: now + 4, attempt: 2 },
    ],
    [
      'flapping',
      'much more health',
      at('starting', { command: started, failovers: [ago(200), ago(100)] }),
      good,
      policy,
      { stableSeconds: 1800 },
    ],
    [
      'refused',
      'the end of the pause',
      at('home', { pause }),
      { evidence: isDown },
      policy,
      { nextAt: pause.until, by: 'eve' },
    ],
    [
      'self-test-passed',
      'the next one',
      at('warming', testing),
      { evidence: seesStandby, command: reports('succeeded') },
      tested,
      { nextAt: now + 700 * s },
    ],
    [
      'self-test-passed',
      'none, if there are none',
      at('warming', testing),
      { evidence: seesStandby, command: reports('succeeded') },
      policy,
      {},
    ],
    [
      'drift',
      'the next look',
      at('home', { command: command('inspect') }),
      { evidence: isUp, command: inspected({ runs: true }) },
      policy,
      { nextAt: now + 900 * s },
    ],
    [
      'paused',
      'its end',
      at('home'),
      { evidence: isUp, request: { action: 'pause', by: 'eve', seconds: 60, why: 'x' } },
      policy,
      { nextAt: now + 60 * s },
    ],
    [
      'acknowledged',
      'the cooldown of the last failover',
      at('serving', flapped),
      { evidence: isUp, request: { action: 'acknowledge', by: 'eve' } },
      policy,
      { nextAt: now + 200 * s, stableSeconds: 60 },
    ],
  ])('%s: %s', (kind, _, state, seen, of, expected) => {
    const entry = decide(state, seen, of, now).state.outbox.find((one) => one.entry.kind === kind)?.entry;
    const { nextAt, stableSeconds } = entry ?? {};
    expect(entry).toMatchObject({ ...expected, kind });
    expect({ nextAt, stableSeconds }).toEqual({
      nextAt: expected.nextAt,
      stableSeconds: expected.stableSeconds,
    });
  });
});
