import { describe, expect, test } from 'vitest';
import { recoverySeconds } from '../../../drill/bench/recovery.ts';
import type { RequestResult } from '../../../drill/load/account.ts';

/** The fault is at 10 s, the repair at 20 s, traffic from 8 s to 24 s; 100 requests a second. */
const [faultAt, repairAt, rate] = [10_000, 20_000, 100];

/** What becomes of a request that is due at this moment, in milliseconds. */
type Fate = (due: number) => Partial<Pick<RequestResult, 'end' | 'status' | 'error'>>;

function traffic(fate: Fate): RequestResult[] {
  return Array.from({ length: 1600 }, (_, index) => {
    const start = 8000 + index * 10;
    const usual = { end: start + 2, status: 200, error: null };
    return { requestId: `r${index}`, method: 'GET', start, servedBy: 'primary/a', ...usual, ...fate(start) };
  });
}

const within = (due: number, from: number, until: number) => due >= from && due < until;
const lost = (due: number, after = 1) => ({ end: due + after, status: 503, error: null });

const cases: [string, Fate, number][] = [
  ['nobody noticed anything', () => ({}), 0],
  [
    'a hiccup of less than a fifth of a second',
    (due) => (within(due, 12_000, 12_150) ? { end: 12_151 } : {}),
    0,
  ],
  [
    'parked from the fault on: the first answer of the standby',
    (due) => (within(due, 10_000, 12_300) ? { end: 12_300 } : {}),
    2.3,
  ],
  [
    'served well for a while after the fault, then parked: still from the fault',
    (due) => (within(due, 11_000, 13_000) ? { end: 13_001 } : {}),
    3.001,
  ],
  [
    'errors at once until the standby answers',
    (due) => (within(due, 10_000, 13_000) ? lost(due) : {}),
    3.002,
  ],
  [
    'a lucky answer in the middle does not end it',
    (due) => (within(due, 10_000, 13_000) && due !== 11_500 ? lost(due) : {}),
    3.002,
  ],
  [
    'every second request is lost for a while: no pause, and no good service either',
    (due) => (within(due, 10_000, 12_000) && due % 20 === 0 ? lost(due) : {}),
    1.992,
  ],
  [
    'one old request hangs on until it fails: all others are served',
    (due) => (due === 10_000 ? lost(due, 9000) : {}),
    0.012,
  ],
  [
    'no answer at all counts as lost',
    (due) => (within(due, 10_000, 11_000) ? { end: due + 5000, status: null, error: 'ETIMEDOUT' } : {}),
    1.002,
  ],
  ['losses before the fault are not of it', (due) => (within(due, 9000, 10_000) ? lost(due) : {}), 0],
  ['losses after the repair are of the way back', (due) => (within(due, 20_500, 21_500) ? lost(due) : {}), 0],
  ['it never came back', (due) => (due >= 10_000 ? lost(due) : {}), Number.POSITIVE_INFINITY],
];

describe('recovery', () => {
  test.each(cases)('%s', (_what, fate, seconds) => {
    const found = recoverySeconds(traffic(fate), { from: faultAt, until: repairAt }, rate);
    if (Number.isFinite(seconds)) expect(found).toBeCloseTo(seconds, 6);
    else expect(found).toBe(seconds);
  });

  test('the order of the results does not matter', () => {
    const results = traffic((due) => (within(due, 10_000, 12_300) ? { end: 12_300 } : {})).reverse();
    expect(recoverySeconds(results, { from: faultAt, until: repairAt }, rate)).toBeCloseTo(2.3, 6);
  });

  test('at a low rate the gap between two requests is no pause', () => {
    const results = traffic(() => ({})).filter((_one, index) => index % 60 === 0);
    expect(recoverySeconds(results, { from: faultAt, until: repairAt }, 100 / 60)).toBe(0);
  });
});
