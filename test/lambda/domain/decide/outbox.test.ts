import { describe, expect, it } from 'vitest';
import { decide } from '../../../../lambda/domain/decide.ts';
import type { OperatorRequest } from '../../../../lambda/domain/observation.ts';
import type { State } from '../../../../lambda/domain/state.ts';
import { policy } from '../../../support/policy.ts';
import { at, effectNames, isDown, now } from './given.ts';

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
    const delivered = [
      { id: entry?.id ?? '', channel: 'history' },
      { id: entry?.id ?? '', channel: 'mail' },
    ] as const;
    const later = decide(state, { evidence: isDown, delivered }, policy, now);
    expect(later.state.outbox).toEqual([]);
  });

  it.each([
    ['history', 'mail'],
    ['mail', 'history'],
  ] as const)('C3: what %s has taken is tried again with %s alone', (channel, other) => {
    const delivered = [{ id: entry?.id ?? '', channel }];
    const after = decide(state, { evidence: isDown, delivered }, policy, now);
    expect(after.state.outbox).toMatchObject([{ entry, left: [other] }]);
    const late = decide(after.state, { evidence: isDown }, policy, now + 20_000);
    expect(late.effects.filter(({ type }) => type === 'deliver')).toEqual([
      { type: 'deliver', entry, channels: [other] },
    ]);
    const last = decide(
      late.state,
      { evidence: isDown, delivered: [{ id: entry?.id ?? '', channel: other }] },
      policy,
      now + 20_001,
    );
    expect(last.state.outbox).toEqual([]);
  });

  it('C3: an entry from before channels were told apart goes to all of them', () => {
    const [first] = state.outbox;
    const { left: _, ...old } = first ?? { left: [] };
    const before = { ...state, outbox: [old] } as unknown as State;
    const late = decide(before, { evidence: isDown }, policy, now + 20_000);
    expect(late.effects).toContainEqual({ type: 'deliver', entry, channels: ['history', 'mail'] });
  });

  it('C8: holds the newest 40 while a channel takes nothing', () => {
    let current = state;
    for (let round = 0; round < 100; round++) {
      const moment = now + round * 1000;
      const request: OperatorRequest = { action: 'pause', seconds: 60, why: `round ${round}`, by: 'ops' };
      current = decide(current, { evidence: isDown, request }, policy, moment).state;
    }
    expect(current.outbox).toHaveLength(40);
    expect(current.outbox.at(-1)?.entry.detail).toContain('round 99');
    expect(JSON.stringify(current).length).toBeLessThan(200_000);
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
