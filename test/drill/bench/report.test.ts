import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../drill/bench/options.ts';
import { planRuns } from '../../../drill/bench/plan.ts';
import { announcement, progressLine, summary } from '../../../drill/bench/report.ts';
import { rowsOf } from '../../../drill/bench/rows.ts';
import { noticedTable, phasesTable } from '../../../drill/bench/table.ts';
import { phases, run } from './fixture.ts';

const control = { epochs: 2, phases, floorSeconds: 1.6 };
const outcomes = [
  run('this', 'sigkill', { control, lostPost: 1, inFlight: 2, slowest: 2.5 }),
  run('hot', 'sigkill', { recovery: Number.POSITIVE_INFINITY, lostIdempotent: 900 }),
  { config: 'hot', fault: 'sigkill', error: 'x' } as const,
];

describe('the tables', () => {
  test('what clients noticed', () => {
    expect(noticedTable(rowsOf(outcomes))).toEqual([
      '| config | fault   |          runs | idempotent lost | POST lost / in flight | executed twice | recovery median |  worst | slowest answer |',
      '| ------ | ------- | ------------: | --------------: | --------------------: | -------------: | --------------: | -----: | -------------: |',
      '| this   | sigkill |             1 |               0 |                 1 / 2 |              0 |          2.00 s | 2.00 s |         2.50 s |',
      '| hot    | sigkill | 1 (+1 failed) |             900 |                 0 / 0 |              0 |           never |  never |         0.10 s |',
    ]);
  });

  test('where the time went, against the floor', () => {
    expect(phasesTable(rowsOf(outcomes))).toEqual([
      '| config | fault   | detect |   wake |  alert | decide | dispatch |  start |  route | recovery |  floor | ratio |',
      '| ------ | ------- | -----: | -----: | -----: | -----: | -------: | -----: | -----: | -------: | -----: | ----: |',
      '| this   | sigkill | 0.10 s | 0.00 s | 0.30 s | 0.10 s |   1.00 s | 0.40 s | 0.10 s |   2.00 s | 1.60 s |  1.25 |',
    ]);
  });

  test('a row of failed runs only has no figures', () => {
    const lines = noticedTable(rowsOf([{ config: 'hot', fault: 'sigstop', error: 'x' }]));
    expect(lines[2]).toMatch(/0 \(\+1 failed\).*–.*–/);
  });
});

describe('one line for each run', () => {
  test('of one that was measured', () => {
    const measured = run('this', 'sigkill', { control, lostPost: 1, inFlight: 2, executedTwice: 1 });
    const losses = [{ method: 'POST', due: 0, ended: 0.01, answer: '502' }];
    expect(progressLine({ ...measured, losses }, 3, 113)).toBe(
      '  3/113  this          sigkill     recovery   2.00 s; lost 0 idempotent, 1 POST (2 in flight); slowest 0.10 s; 1 POST EXECUTED TWICE; first lost: POST due at 0.00 s, 502 at 0.01 s',
    );
  });

  test('of one that failed', () => {
    expect(progressLine({ config: 'hot', fault: 'sigstop', error: 'too late' }, 1, 1)).toBe(
      '1/1  hot           sigstop     FAILED: too late',
    );
  });

  test('of a blip that was taken for an outage', () => {
    expect(progressLine(run('this', 'blip', { control }), 1, 1)).toContain('A FAILOVER WAS RECORDED');
  });
});

test('the beginning says what differs from production, the end what was missed', () => {
  const options = parseOptions([]);
  const beginning = announcement(planRuns(options), options).join('\n');
  expect(beginning).toMatch(/^278 runs at 500 requests\/s .* about \d+ minutes\n/);
  for (const word of [
    'dispatch to the host is assumed to take 1 s',
    'delayed by 25 ms in each direction',
    'stable 2 s',
    'frozen',
  ])
    expect(beginning).toContain(word);
  expect(summary(rowsOf(outcomes), []).at(-1)).toBe('Every target was met.');
  expect(summary(rowsOf(outcomes), ['a', 'b']).slice(-2)).toEqual(['MISSED  a', 'MISSED  b']);
});
