import { describe, expect, test } from 'vitest';
import { drawPlot } from '../../../drill/bench/plot.ts';
import { countPostsInFlight, lossesOf } from '../../../drill/bench/runs.ts';
import { type Sample, sampleOf } from '../../../drill/report/plot/samples.ts';
import { binned, linear, logarithmic, roundUp, stacked, timeAxis } from '../../../drill/report/plot/scale.ts';
import { element, polygon, text } from '../../../drill/report/plot/svg.ts';
import { result } from '../bench/fixture.ts';

const sample = (due: number, kind: Sample['kind'], latency = 2): Sample => ({ due, kind, latency });

describe('a request in the plot', () => {
  test.each([
    ['answered by the primary', result('GET', 12_000, 12_003), { due: 2, latency: 3, kind: 'primary' }],
    [
      'answered by the standby',
      { ...result('GET', 12_000, 12_003), servedBy: 'standby/b' },
      { due: 2, latency: 3, kind: 'standby' },
    ],
    [
      'answered late, by whomever',
      { ...result('GET', 10_000, 12_000), servedBy: 'standby/b' },
      { due: 0, latency: 2000, kind: 'parked' },
    ],
    ['failed', result('GET', 9500, 9500, 503), { due: -0.5, latency: 1, kind: 'failed' }],
  ])('%s', (_what, one, expected) => {
    expect(sampleOf(one, 10_000)).toEqual(expected);
  });

  test('without a good answer it is listed with the reason', () => {
    const silent = { ...result('POST', 10_000, 10_500), status: null, error: 'ECONNRESET' };
    expect(lossesOf([result('GET', 0, 1), silent, result('PUT', 11_000, 11_001, 502)], 10_000)).toEqual([
      { method: 'POST', due: 0, ended: 0.5, answer: 'ECONNRESET' },
      { method: 'PUT', due: 1, ended: 1.001, answer: '502' },
    ]);
  });

  test('POSTs are in flight that were sent before the strike ended and answered after it began', () => {
    const posts = [
      result('POST', 90, 99),
      result('POST', 90, 100),
      result('POST', 105, 200),
      result('POST', 111, 200),
      result('GET', 90, 200),
    ];
    expect(countPostsInFlight(posts, { from: 100, until: 110 })).toBe(2);
  });
});

describe('scales', () => {
  test('the time axis covers all panels, up to a limit', () => {
    expect(timeAxis([[sample(3.2, 'primary')], [sample(9.1, 'primary')]])).toEqual({ from: -2, until: 10 });
    expect(timeAxis([[sample(140, 'primary')]])).toEqual({ from: -2, until: 20 });
    expect(timeAxis([])).toEqual({ from: -2, until: 1 });
  });

  test('requests are counted by the moment at which they were due', () => {
    const all = [-2, -1.95, 0, 0.0999, 0.1, 5].map((due) => sample(due, 'primary'));
    const bins = binned(all, { from: -2, until: 1 });
    expect(bins).toHaveLength(30);
    expect(bins[0]?.rates.primary).toBe(20);
    expect(bins[20]?.rates.primary).toBe(20);
    expect(bins[21]?.rates.primary).toBe(10);
  });

  test('layers lie on top of each other', () => {
    const rates = { primary: 10, standby: 0, parked: 30, failed: 5 };
    expect(stacked({ at: 0, rates })).toEqual({
      primary: [0, 10],
      standby: [10, 10],
      parked: [10, 40],
      failed: [40, 45],
    });
  });

  test.each([
    [0, 1],
    [1, 1],
    [3, 5],
    [500, 500],
    [501, 1000],
    [1500, 2000],
  ])('%d is rounded up to %d', (value, expected) => {
    expect(roundUp(value)).toBe(expected);
  });

  test('values become pixels', () => {
    expect(linear(5, [0, 10], [100, 200])).toBe(150);
    expect(linear(5, [0, 10], [200, 100])).toBe(150);
    expect(logarithmic(10, [1, 100], [0, 100])).toBeCloseTo(50);
    expect(logarithmic(0, [1, 100], [0, 100])).toBe(0);
    expect(logarithmic(1e6, [1, 100], [0, 100])).toBeCloseTo(100);
  });
});

describe('the picture', () => {
  test('markup is escaped, absent attributes are left out', () => {
    expect(text(1, 2.345, 'a < b & "c"')).toBe('<text x="1" y="2.3">a &lt; b &amp; &quot;c&quot;</text>');
    expect(element('rect', { x: undefined, fill: '"' })).toBe('<rect fill="&quot;"/>');
    expect(
      polygon(
        [
          [0, 0],
          [0, 0.01],
          [1, 1],
        ],
        {},
      ),
    ).toBe('<polygon points="0,0 1,1"/>');
  });

  test('has a panel for each config, and only the kinds that occurred', () => {
    const samples = [sample(-1, 'primary'), sample(0.5, 'parked', 2000), sample(2.9, 'standby')];
    const svg = drawPlot([
      { title: 'this: sleeps', samples, repairedSeconds: 5 },
      { title: 'hot: always on', samples: [sample(0, 'failed')], repairedSeconds: 2 },
    ]);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 960 /);
    expect(svg).toContain('>this: sleeps</text>');
    expect(svg).toContain('>hot: always on</text>');
    expect(svg.match(/<polygon/g)).toHaveLength(4);
    expect(svg.match(/<rect[^>]*fill="#ffffff"/g)).toHaveLength(1);
    expect(svg).not.toContain('NaN');
  });
});
