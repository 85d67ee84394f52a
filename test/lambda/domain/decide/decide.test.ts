import { describe, expect, it, test } from 'vitest';
import { decide } from '../../../../lambda/domain/decide.ts';
import type { OperatorRequest } from '../../../../lambda/domain/observation.ts';
import { siteOf } from '../../../../lambda/domain/phase.ts';
import { type Reason, reasons } from '../../../../lambda/domain/reasons.ts';
import { commandOf } from '../../../../lambda/domain/state.ts';
import { mailKinds } from '../../../../lambda/messages.ts';
import { policy } from '../../../support/policy.ts';
import { cooling } from './cooling.rows.ts';
import { draining } from './draining.rows.ts';
import { at, command, effectNames, type failed, isDown, now, reports, s, sent } from './given.ts';
import { home } from './home.rows.ts';
import { requests } from './requests.rows.ts';
import { serving } from './serving.rows.ts';
import { starting } from './starting.rows.ts';
import { stopping } from './stopping.rows.ts';
import { wakes } from './wakes.rows.ts';
import { warming } from './warming.rows.ts';

const rows = [...home, ...warming, ...cooling, ...starting, ...serving, ...draining, ...stopping, ...wakes];

describe('an operator asks for', () => {
  test.each(requests)(
    '$asked; $given',
    ({ asked, state, seen, refused, reason, phase, epoch = 7, effects }) => {
      const request: OperatorRequest =
        asked === 'pause'
          ? { action: asked, by: 'eve', seconds: 60, why: 'x' }
          : { action: asked, by: 'eve' };
      const decision = decide(state, { ...seen, request }, policy, now);
      expect(decision.answer).toEqual(refused ? { accepted: false, reason: refused } : { accepted: true });
      expect({ reason: decision.reason, phase: decision.state.phase, epoch: decision.state.epoch }).toEqual({
        reason,
        phase,
        epoch,
      });
      expect(effectNames(decision).sort()).toEqual([...effects].sort());
      const [first] = decision.state.outbox;
      expect(first?.entry.by).toBe('eve');
    },
  );
});

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

  /** All of it, down to each word: what is kept with an entry is read in the night, and by whoever audits. */
  it('every row and request as a whole: npx vitest run test/lambda/domain/decide --update', async () => {
    const asked = requests.map(({ asked: action, given, state, seen }) => {
      const request =
        action === 'pause' ? { action, by: 'eve', seconds: 60, why: 'x' } : { action, by: 'eve' };
      return { given: `${action}; ${given}`, state, seen: { ...seen, request: request as OperatorRequest } };
    });
    const lines = [...rows, ...asked].map((row) => {
      const decision = decide(row.state, row.seen, ('policy' in row && row.policy) || policy, now);
      const { reason, answer, effects } = decision;
      const before = Object.entries(row.state).map(([key, value]) => [key, JSON.stringify(value)]);
      const changed = Object.entries(decision.state).filter(
        ([key, value]) =>
          key !== 'outbox' && !before.some(([of, was]) => of === key && was === JSON.stringify(value)),
      );
      const gone = Object.keys(row.state).filter((key) => !(key in decision.state));
      const all = { reason, ...(answer && { answer }), changed: Object.fromEntries(changed), gone, effects };
      return `${row.given}\n${JSON.stringify(all)}\n`;
    });
    await expect(lines.join('\n')).toMatchFileSnapshot('./decisions.txt');
  });

  it('has a row for every reason', () => {
    const requested = requests.flatMap(({ reason, refused }) => [reason, ...(refused ? [refused] : [])]);
    const shown = new Set<string>([...rows.map(({ reason }) => reason), ...requested]);
    // These are only ever the reason of an entry.
    const ofEntries: Reason[] = ['host-idle', 'drift', 'self-test-requested', 'clock-ahead', 'woken-by-site'];
    const all = (Object.keys(reasons) as Reason[]).filter((reason) => !ofEntries.includes(reason));
    expect(all.filter((reason) => !shown.has(reason))).toEqual([]);
  });

  it('sends only what there is a mail for, with what was seen and who is in charge', () => {
    const sent: string[] = [...mailKinds];
    for (const row of rows) {
      const { state, effects } = decide(row.state, row.seen, row.policy ?? policy, now);
      const entries = effects.flatMap((effect) => (effect.type === 'deliver' ? [effect.entry] : []));
      for (const entry of entries) {
        expect(sent.includes(entry.kind) || entry.quiet, `${row.given}: ${entry.kind}`).toBe(true);
        expect(entry.seen?.primary, row.given).toBeDefined();
        // The last word of a decision is that of the state it leaves.
        if (entry === entries.at(-1)) expect(entry.site, row.given).toBe(siteOf(state.phase));
      }
    }
  });

  it('waits twice as long after each failure, up to the maximum', () => {
    const waits = [1, 2, 3, 5, 6, 7, 20, 2000].map((attempt) => {
      const state = at('starting', { command: command('start', { ...sent, attempt }) });
      const decision = decide(state, { evidence: isDown, command: reports('failed') }, policy, now);
      const { retryAt } = commandOf(decision.state) as ReturnType<typeof failed>;
      return (retryAt - now) / s;
    });
    expect(waits).toEqual([2, 4, 8, 32, 64, 64, 64, 64]);
  });
});
