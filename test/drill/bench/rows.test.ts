import { describe, expect, test } from 'vitest';
import { medianRun, phasesAddUp, rowsOf, spread } from '../../../drill/bench/rows.ts';
import { phases, run } from './fixture.ts';

describe('median and worst', () => {
  test.each([
    [[3], { median: 3, worst: 3 }],
    [[5, 1, 3], { median: 3, worst: 5 }],
    [[4, 1, 2, 9], { median: 3, worst: 9 }],
    [[2, Number.POSITIVE_INFINITY, 1], { median: 2, worst: Number.POSITIVE_INFINITY }],
    [[], { median: Number.NaN, worst: Number.NaN }],
  ])('of %j', (values, expected) => {
    expect(spread(values)).toEqual(expected);
  });
});

test('a row sums up what was lost, and takes the middle and the worst of the times', () => {
  const control = { epochs: 2, phases, floorSeconds: 1.5 };
  const [row, ...others] = rowsOf([
    run('this', 'sigkill', { recovery: 2, lostPost: 1, inFlight: 2, slowest: 2.5, control }),
    run('this', 'sigkill', { recovery: 3, lostIdempotent: 2, inFlight: 1, slowest: 4, executedTwice: 1 }),
    run('this', 'sigkill', { recovery: 1, lostPost: 1, inFlight: 1 }),
    { config: 'this', fault: 'sigkill', error: 'it did not happen' },
  ]);
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    config: 'this',
    fault: 'sigkill',
    runs: 3,
    failedRuns: 1,
    lostIdempotent: 2,
    lostPost: 2,
    postInFlight: 4,
    executedTwice: 1,
    recoverySeconds: { median: 2, worst: 3 },
    slowestSeconds: 4,
    runsWithNewEpoch: 1,
    phases,
    floorSeconds: { median: 1.5, worst: 1.5 },
  });
});

test('rows come in a fixed order, and only for what was run', () => {
  const rows = rowsOf([run('hot', 'sigstop'), run('this', 'blip'), run('hot', 'sigkill')]);
  expect(rows.map(({ config, fault }) => `${config} ${fault}`)).toEqual([
    'this blip',
    'hot sigkill',
    'hot sigstop',
  ]);
  expect(rows[1]).toMatchObject({ runsWithNewEpoch: null, phases: null, floorSeconds: null });
});

test('the run of the median', () => {
  const runs = [3, 1, 2].map((recovery) => run('this', 'sigkill', { recovery }));
  expect(medianRun(runs)?.recoverySeconds).toBe(2);
  expect(medianRun([])).toBeUndefined();
});

test.each([
  ['phases that are the whole', { recovery: 2, control: { epochs: 2, phases } }, true],
  ['phases with a gap', { recovery: 2.1, control: { epochs: 2, phases } }, false],
  ['no phases', { recovery: 2.1, control: { epochs: 0 } }, true],
  ['no control plane', { recovery: 2.1 }, true],
])('%s', (_what, figures, expected) => {
  expect(phasesAddUp(run('this', 'sigkill', figures))).toBe(expected);
});
