import {
  BIN_SECONDS,
  binned,
  linear,
  logarithmic,
  roundUp,
  stacked,
  type TimeAxis,
  timeAxis,
} from './plot-scale.ts';
import { type Kind, kinds, type Sample } from './runs.ts';
import { element, type Point, polygon, text } from './svg.ts';

/** One config in the plot. */
export interface Panel {
  readonly title: string;
  readonly samples: readonly Sample[];
  /** In seconds since the fault. */
  readonly repairedSeconds: number;
}

/** Told apart by lightness as well, for those who do not see all colours. */
const colours: Record<Kind, string> = {
  primary: '#15803d',
  standby: '#d97706',
  parked: '#7c3aed',
  failed: '#dc2626',
};
const meanings: Record<Kind, string> = {
  primary: 'primary',
  standby: 'standby',
  parked: 'answered late (parked)',
  failed: 'failed',
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
/** Dots nearer to each other than this are one dot: there are thousands. */
const DOT = 2;

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

const totalRate = ({ rates }: { rates: Readonly<Record<Kind, number>> }) =>
  kinds.reduce((sum, kind) => sum + rates[kind], 0);

function legend(): string[] {
  const places = [left, left + 100, left + 200, left + 380];
  return kinds.flatMap((kind, index) => {
    const x = places[index] ?? left;
    return [
      element('rect', { x, y: 40, width: 12, height: 12, fill: colours[kind] }),
      text(x + 18, 50, meanings[kind]),
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
  return [
    text(left, y + 20, title, { 'font-weight': 'bold' }),
    ...timeGrid(axis, x, rates[0], latency[1]),
    ...levels(
      [0, mostRate / 2, mostRate],
      (value) => linear(value, [0, mostRate], [rates[1], rates[0]]),
      String,
    ),
    text(right, y + 20, 'requests/s; below, the time each took', { 'text-anchor': 'end', fill: '#475569' }),
    ...drawRates(samples, axis, x, (value) => linear(value, [0, mostRate], [rates[1], rates[0]])),
    ...levels(
      [1, 10, 100, 1000, 10_000],
      (value) => logarithmic(value, latencies, [latency[1], latency[0]]),
      (value) => (value < 1000 ? `${value} ms` : `${value / 1000} s`),
    ),
    ...drawLatencies(samples, axis, x, (value) => logarithmic(value, latencies, [latency[1], latency[0]])),
    ...[0, repairedSeconds].filter((at) => at < axis.until).map((at) => moment(x(at), rates[0], latency[1])),
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

/** Something was done to the primary. */
function moment(x: number, from: number, until: number): string {
  return element('path', { d: `M${x} ${from}V${until}`, stroke: ink, 'stroke-dasharray': '4 3' });
}

function levels(
  values: readonly number[],
  place: (value: number) => number,
  label: (value: number) => string,
): string[] {
  return values.flatMap((value) => [
    element('path', { d: `M${left} ${place(value)}H${right}`, stroke: faint }),
    text(left - 6, place(value) + 4, label(value), { 'text-anchor': 'end' }),
  ]);
}

/** A stack of steps: what the clients of each moment got. */
function drawRates(
  samples: readonly Sample[],
  axis: TimeAxis,
  x: (at: number) => number,
  y: (rate: number) => number,
): string[] {
  const layers = binned(samples, axis).map((bin) => ({ at: bin.at, layers: stacked(bin) }));
  return kinds.flatMap((kind) => {
    if (layers.every((bin) => bin.layers[kind][0] === bin.layers[kind][1])) return [];
    const edge = (side: 0 | 1): Point[] =>
      layers.flatMap((bin): Point[] => [
        [x(bin.at), y(bin.layers[kind][side])],
        [x(bin.at + BIN_SECONDS), y(bin.layers[kind][side])],
      ]);
    return [polygon([...edge(1), ...edge(0).reverse()], { fill: colours[kind] })];
  });
}

/** A dot for each request; one path for each kind, the rarest on top. */
function drawLatencies(
  samples: readonly Sample[],
  { from, until }: TimeAxis,
  x: (at: number) => number,
  y: (milliseconds: number) => number,
): string[] {
  const grid = (value: number) => Math.round(value / DOT) * DOT;
  return kinds.flatMap((kind) => {
    const dots = new Set(
      samples
        .filter((one) => one.kind === kind && one.due >= from && one.due <= until)
        .map(({ due, latency }) => `M${grid(x(due))} ${grid(y(latency))}h0`),
    );
    if (dots.size === 0) return [];
    const look = { stroke: colours[kind], 'stroke-width': 2.5, 'stroke-linecap': 'round' };
    return [element('path', { d: [...dots].join(''), ...look })];
  });
}
