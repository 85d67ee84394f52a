import { kindMeanings, kinds, type Sample } from '../report/plot/samples.ts';
import {
  binned,
  linear,
  logarithmic,
  roundUp,
  type TimeAxis,
  timeAxis,
  totalRate,
} from '../report/plot/scale.ts';
import { element, text } from '../report/plot/svg.ts';
import { type Colours, drawLatencies, drawRates, duration, levels, moment } from '../report/plot/traffic.ts';

/** One config in the plot. */
export interface Panel {
  readonly title: string;
  readonly samples: readonly Sample[];
  /** In seconds since the fault. */
  readonly repairedSeconds: number;
}

/** Told apart by lightness as well, for those who do not see all colours. */
const colours: Colours = {
  primary: '#15803d',
  standby: '#d97706',
  parked: '#7c3aed',
  failed: '#dc2626',
};
const ink = '#1e293b';
const faint = '#cbd5e1';

const width = 960;
const left = 70;
const right = width - 20;
const top = 70;
const ratesHeight = 90;
const latencyHeight = 110;
const gap = 10;
const panelHeight = 30 + ratesHeight + gap + latencyHeight + 25;
/** Milliseconds. */
const latencies = [1, 30_000] as const;

/**
 * Draws the panels below each other on one time axis: requests over time by how they ended, and below that
 * how long each took. The picture brings its own light background, so it can be read on a dark page too.
 */
export function drawPlot(panels: readonly Panel[]): string {
  const axis = timeAxis(panels.map(({ samples }) => samples));
  const height = top + panels.length * panelHeight + 10;
  const most = Math.max(...panels.flatMap(({ samples }) => binned(samples, axis).map(totalRate)));
  const parts = [
    element('title', {}, 'Requests over time by who answered, and their latency'),
    element('rect', { width, height, rx: 10, fill: '#ffffff' }),
    text(left, 26, 'The primary is killed (SIGKILL) at 0 s, and started again at the second dashed line', {
      'font-weight': 'bold',
    }),
    ...legend(),
    ...panels.flatMap((panel, index) => drawPanel(panel, axis, roundUp(most), top + index * panelHeight)),
  ];
  const frame = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    'font-family': 'Helvetica, Arial, sans-serif',
    'font-size': 12,
    fill: ink,
    role: 'img',
  };
  return `${element('svg', frame, parts.join('\n'))}\n`;
}

function legend(): string[] {
  const places = [left, left + 100, left + 200, left + 380];
  return kinds.flatMap((kind, index) => {
    const x = places[index] ?? left;
    return [
      element('rect', { x, y: 40, width: 12, height: 12, fill: colours[kind] }),
      text(x + 18, 50, kindMeanings[kind]),
    ];
  });
}

function drawPanel(
  { title, samples, repairedSeconds }: Panel,
  axis: TimeAxis,
  mostRate: number,
  y: number,
): string[] {
  const rates = [y + 30, y + 30 + ratesHeight] as const;
  const latency = [rates[1] + gap, rates[1] + gap + latencyHeight] as const;
  const x = (at: number) => linear(at, [axis.from, axis.until], [left, right]);
  const rate = (value: number) => linear(value, [0, mostRate], [rates[1], rates[0]]);
  const taken = (value: number) => logarithmic(value, latencies, [latency[1], latency[0]]);
  return [
    text(left, y + 20, title, { 'font-weight': 'bold' }),
    ...timeGrid(axis, x, rates[0], latency[1]),
    ...levels([0, mostRate / 2, mostRate], [left, right], rate, String, faint),
    text(right, y + 20, 'requests/s; below, the time each took', { 'text-anchor': 'end', fill: '#475569' }),
    ...drawRates(samples, { axis, x, y: rate }, colours),
    ...levels([1, 10, 100, 1000, 10_000], [left, right], taken, duration, faint),
    ...drawLatencies(samples, { axis, x, y: taken }, colours),
    ...[0, repairedSeconds]
      .filter((at) => at < axis.until)
      .map((at) => moment(x(at), rates[0], latency[1], ink)),
  ];
}

function timeGrid(axis: TimeAxis, x: (at: number) => number, from: number, until: number): string[] {
  const seconds = Array.from({ length: axis.until - axis.from + 1 }, (_, index) => axis.from + index);
  return seconds.flatMap((at) => [
    element('path', {
      d: `M${x(at)} ${from}V${until}`,
      stroke: faint,
    }),
    ...(at % 2 === 0 ? [text(x(at), until + 15, `${at} s`, { 'text-anchor': 'middle' })] : []),
  ]);
}
