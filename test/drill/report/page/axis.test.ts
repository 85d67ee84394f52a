import { describe, expect, it, test } from 'vitest';
import { binSecondsFor, closeLook, ticksOf, wholeRun } from '../../../../drill/report/page/axis.ts';
import { lanesOf } from '../../../../drill/report/page/lanes.ts';
import { events, reportData, without } from './fixture.ts';

describe('the axis of a run', () => {
  it('begins shortly before the fault and covers all that happened', () => {
    expect(wholeRun(reportData())).toEqual({ from: -2, until: 33 });
  });

  it('begins with the first event where nothing came before', () => {
    const { start } = reportData();
    const later = events.filter(({ at }) => at >= start);
    expect(wholeRun({ start, events: later, ...without })).toEqual({ from: 0, until: 31 });
    expect(wholeRun({ start, events: [], ...without })).toEqual({ from: 0, until: 1 });
  });

  it('has a close look at a failover that is a small part of it', () => {
    expect(closeLook(reportData(), { from: -2, until: 34 })).toEqual({ from: -1, until: 7 });
    expect(closeLook(reportData(), { from: -2, until: 12 })).toBeUndefined();
    expect(closeLook({ measured: undefined }, { from: -2, until: 34 })).toBeUndefined();
  });
});

test.each([
  [{ from: -2, until: 4 }, 18, [-2, -1, 0, 1, 2, 3, 4]],
  [{ from: -1, until: 24 }, 5, [0, 5, 10, 15, 20]],
  [{ from: 0, until: 250 }, 5, [0, 60, 120, 180, 240]],
])('ticks of %o, at most about %d', (axis, most, expected) => {
  expect(ticksOf(axis, most)).toEqual(expected);
});

test.each([
  ['short and fast', 8, 50, 0.1],
  ['few requests', 8, 20, 0.5],
  ['long', 120, 500, 0.5],
])('a step of a run that is %s', (_what, seconds, rate, expected) => {
  expect(binSecondsFor({ from: 0, until: seconds }, rate)).toBe(expected);
});

test('lanes are in the order of a failover, and strangers come last', () => {
  const strange = { at: events[0]?.at ?? 0, who: 'postman', what: 'rings' };
  const lanes = lanesOf([strange, ...events], () => true);
  expect(lanes.map(({ who }) => who).join(' ')).toBe(
    'drill clients haproxy alertmanager reconciler ssm host mail postman',
  );
});
