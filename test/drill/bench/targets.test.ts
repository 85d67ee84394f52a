import { expect, test } from 'vitest';
import { rowsOf } from '../../../drill/bench/rows.ts';
import type { Outcome } from '../../../drill/bench/runs.ts';
import { missedTargets } from '../../../drill/bench/targets.ts';
import { phases, run } from './fixture.ts';

const cases: [string, Outcome[], RegExp | undefined][] = [
  [
    'everything is as it should be',
    [run('this', 'sigkill', { recovery: 0.5, lostPost: 1, inFlight: 1 })],
    undefined,
  ],
  ['an idempotent request is lost', [run('this', 'sigstop', { lostIdempotent: 1 })], /1 idempotent/],
  ['a POST is executed twice', [run('this', 'clean-stop', { executedTwice: 1 })], /executed twice/],
  [
    'more POSTs are lost than were in flight',
    [run('this', 'health-500', { lostPost: 2, inFlight: 1 })],
    /2 POSTs were lost, expected at most the 1 in flight/,
  ],
  [
    'recovery is too slow in the median',
    [run('no-line', 'sigkill', { recovery: 2.6 })],
    /no-line, sigkill: the median recovery took 2\.60 s/,
  ],
  [
    'recovery is too slow once',
    [0.4, 0.4, 0.9].map((recovery) => run('frozen', 'sigkill', { recovery })),
    /worst recovery took 0\.90 s/,
  ],
  [
    'somebody waits much longer than the recovery takes',
    [run('this', 'sigkill', { recovery: 0.5, slowest: 1.6 })],
    /somebody waited for 1\.60 s, expected at most 1\.50 s/,
  ],
  [
    'the recovery is far above its floor',
    [run('this', 'sigkill', { recovery: 0.7, control: { epochs: 2, floorSeconds: 0.4 } })],
    /1\.75 times its floor/,
  ],
  ['recovery from a hang may take longer', [run('this', 'sigstop', { recovery: 5 })], undefined],
  [
    'a blip leads to a failover',
    [run('this', 'blip', { control: { epochs: 2, phases } })],
    /1 of 1 runs recorded a move/,
  ],
  [
    'a stall leads to a failover',
    [run('this', 'stall', { control: { epochs: 2, phases } })],
    /this, stall: 1 of 1 runs recorded a move/,
  ],
  [
    'a stall loses a POST',
    [run('this', 'stall', { control: { epochs: 0 }, lostPost: 1, inFlight: 5 })],
    /this, stall: 1 POSTs were lost, expected 0/,
  ],
  ['a blip leads to none', [run('this', 'blip', { control: { epochs: 0 } })], undefined],
  [
    'more is lost than by the hot standby',
    [run('this', 'sigstop', { lostPost: 1, inFlight: 1 }), run('hot', 'sigstop'), run('hot', 'sigstop')],
    /1\.00 requests lost a run, .* hot standby's 0\.00/,
  ],
  [
    'the hot standby lost as much in fewer runs',
    [
      run('this', 'sigkill', { recovery: 0.5, lostPost: 1, inFlight: 1 }),
      run('this', 'sigkill', { recovery: 0.5 }),
      run('hot', 'sigkill', { lostPost: 1 }),
    ],
    undefined,
  ],
  ['what others lose is no target', [run('no-parking', 'sigkill', { lostIdempotent: 900 })], undefined],
  ['a run failed', [{ config: 'this', fault: 'sigkill', error: 'x' }], /^this, sigkill: a run failed: x$/],
  [
    'phases do not add up',
    [run('no-line', 'sigkill', { recovery: 2.2, control: { epochs: 2, phases } })],
    /the phases of 1 runs do not add up/,
  ],
];

test.each(cases)('%s', (_what, outcomes, expected) => {
  const missed = missedTargets(rowsOf(outcomes), outcomes);
  if (expected === undefined) expect(missed).toEqual([]);
  else expect(missed).toEqual([expect.stringMatching(expected)]);
});
