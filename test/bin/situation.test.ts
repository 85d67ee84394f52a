import { describe, expect, test } from 'vitest';
import { situationOf } from '../../bin/cli/steer/situation.ts';
import type { Evidence } from '../../lambda/domain/evidence.ts';
import type { State } from '../../lambda/domain/state.ts';
import { policy } from '../support/policy.ts';
import { type Changes, stateIn } from '../support/state.ts';

const now = 1_800_000_000_000;
const ago = (seconds: number) => now - seconds * 1000;
const up: Evidence = { upAt: ago(1), upSince: ago(10) };
const down: Evidence = { downAt: ago(1), troubleSince: ago(1), upAt: ago(10), upSince: ago(99) };

const cases: [State['phase'], Changes, Evidence, string, string][] = [
  ['home', {}, up, 'primary', 'the primary serves'],
  ['home', {}, down, 'nobody', 'nobody serves'],
  ['warming', {}, up, 'primary', 'the primary serves; the standby is started ahead, on suspicion'],
  ['warming', { testing: true }, up, 'primary', 'the primary serves; the standby is started for a self-test'],
  ['warming', {}, down, 'nobody', 'nobody serves; the standby is started ahead, on suspicion'],
  [
    'warming',
    { why: 'awaiting-confirmation' },
    down,
    'standby',
    'the standby serves; it was started ahead, and the failover is not decided yet',
  ],
  ['cooling', {}, up, 'primary', 'the primary serves; the standby that was started ahead is stopped again'],
  ['starting', {}, down, 'nobody', 'nobody serves; the standby is being started'],
  ['starting', { heldBy: 'me' }, up, 'primary', 'the primary serves; the standby is being started'],
  ['serving', {}, down, 'standby', 'the standby serves'],
  [
    'serving',
    { why: 'standby-not-answering' },
    down,
    'nobody',
    'nobody serves; the standby is in charge and does not answer',
  ],
  ['draining', {}, up, 'primary', 'the primary serves; requests on the standby finish'],
  ['draining', {}, down, 'standby', 'the standby serves; it goes on until the primary is well'],
  ['stopping', {}, up, 'primary', 'the primary serves; the standby is being stopped'],
];

describe('who serves, as far as the control plane knows', () => {
  test.each(cases)('%s, %j', (phase, more, evidence, serving, headline) => {
    const state = stateIn(phase, { since: ago(20), why: 'primary-healthy', ...more });
    const one = situationOf({
      accepted: true,
      message: '',
      site: 'primary',
      reason: state.why,
      state,
      evidence,
      policy,
      at: now,
      table: 't',
    });
    expect(one).toMatchObject({ serving, headline });
  });
});
