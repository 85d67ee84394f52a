import { type Kind, kindMeanings, kinds, type Sample, sampleOf } from '../plot/samples.ts';
import { binned, linear, logarithmic, roundUp, type TimeAxis, totalRate } from '../plot/scale.ts';
import { element, text, title } from '../plot/svg.ts';
import { type Colours, dot, drawLatencies, drawRates, duration, levels, moment } from '../plot/traffic.ts';
import { binSecondsFor, ticksOf } from './axis.ts';
import { Markup } from './html.ts';
import { drawLane, LANE_HEIGHT, lanesOf } from './lanes.ts';
import type { ReportData } from './report-data.ts';

/** A picture for one width of the screen, in pixels. */
export interface Format {
  /** Begins the ids of what is in the picture: there are several on a page. */
  readonly id: string;
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly mostTicks: number;
}

/** Wide and narrow: a picture that is only made smaller cannot be read on a phone. */
export const formats = {
  wide: { width: 960, left: 100, right: 948, mostTicks: 18 },
  narrow: { width: 344, left: 88, right: 340, mostTicks: 5 },
} as const;

const top = 6;
const ratesHeight = 100;
const latencyHeight = 120;
/** Room for a line of text above each plot. */
const gap = 24;
/** Milliseconds. */
const latencies = [1, 30_000] as const;

const strokes: Colours = {
  primary: 'var(--primary)',
  standby: 'var(--standby)',
  parked: 'var(--parked)',
  failed: 'var(--failed)',
};

/** What fills an area: told apart by its pattern too. */
export function fillsOf(id: string): Colours {
  return { ...strokes, standby: `url(#${id}-standby)`, parked: `url(#${id}-parked)` };
}

export function patterns(id: string): string {
  const pattern = (kind: 'standby' | 'parked', turn: number) =>
    element(
      'pattern',
      {
        id: `${id}-${kind}`,
        width: 6,
        height: 6,
        patternUnits: 'userSpaceOnUse',
        patternTransform: `rotate(${turn})`,
      },
      element('rect', { width: 6, height: 6, fill: strokes[kind] }) +
        element('rect', { width: 6, height: 1.5, fill: 'var(--page)' }),
    );
  return element('defs', {}, pattern('standby', 0) + pattern('parked', 45));
}

const cross: typeof dot = (x, y) => `M${x - 3} ${y - 3}l6 6m-6 0l6-6`;
const markOf = (kind: Kind) => (kind === 'failed' ? cross : dot);

/** What happened above what clients got, on one axis of time; only the former if there were no clients. */
export function drawRun(data: ReportData, axis: TimeAxis, format: Format): Markup {
  const { start, events, results } = data;
  const { id, width, left, right } = format;
  const samples = results.map((result) => sampleOf(result, start));
  const secondsOf = (at: number) => (at - start) / 1000;
  const x = (seconds: number) => linear(seconds, [axis.from, axis.until], [left, right]);
  const isShown = (at: number) => secondsOf(at) >= axis.from && secondsOf(at) <= axis.until;
  const lanes = lanesOf(events, isShown);
  const lanesEnd = top + lanes.length * LANE_HEIGHT;
  const bottom = samples.length === 0 ? lanesEnd + 6 : lanesEnd + 2 * gap + ratesHeight + latencyHeight;
  const acts = events.filter(({ who, at }) => who === 'drill' && at >= start && isShown(at));
  const parts = [
    title(`What happened from ${axis.from} s to ${axis.until} s`, { id: `${id}-title` }),
    element('desc', { id: `${id}-desc` }, descriptionOf(lanes.length, samples, axis)),
    patterns(id),
    ...ticksOf(axis, format.mostTicks).flatMap((at) => [
      element('path', { d: `M${x(at)} ${top}V${bottom}`, stroke: 'var(--line)' }),
      text(x(at), bottom + 16, `${at} s`, { 'text-anchor': at >= axis.until ? 'end' : 'middle' }),
    ]),
    ...(samples.length === 0 ? [] : drawTraffic(samples, axis, x, lanesEnd, data.requestsPerSecond, format)),
    ...acts.map(({ at }) => moment(x(secondsOf(at)), top, bottom, 'var(--muted)')),
    ...lanes.flatMap((lane, index) =>
      drawLane(lane, (at) => x(secondsOf(at)), [left, right], top + index * LANE_HEIGHT),
    ),
  ];
  const frame = {
    viewBox: `0 0 ${width} ${bottom + 22}`,
    role: 'img',
    'aria-labelledby': `${id}-title ${id}-desc`,
    'font-size': 11,
    fill: 'currentColor',
  };
  return new Markup(element('svg', frame, parts.join('\n')));
}

function drawTraffic(
  samples: readonly Sample[],
  axis: TimeAxis,
  x: (seconds: number) => number,
  from: number,
  requestsPerSecond: number,
  { id, left, right }: Format,
): string[] {
  const step = binSecondsFor(axis, requestsPerSecond);
  const most = roundUp(Math.max(...binned(samples, axis, step).map(totalRate)));
  const rates = [from + gap, from + gap + ratesHeight] as const;
  const latency = [rates[1] + gap, rates[1] + gap + latencyHeight] as const;
  const rate = (value: number) => linear(value, [0, most], [rates[1], rates[0]]);
  const taken = (value: number) => logarithmic(value, latencies, [latency[1], latency[0]]);
  const edges = [left, right] as const;
  return [
    text(left, rates[0] - 8, 'Requests per second, by time sent'),
    ...levels([0, most / 2, most], edges, rate, String, 'var(--line)'),
    ...drawRates(samples, { axis, x, y: rate }, fillsOf(id), step),
    text(left, latency[0] - 8, 'How long each took'),
    ...levels([1, 10, 100, 1000, 10_000], edges, taken, duration, 'var(--line)'),
    ...drawLatencies(samples, { axis, x, y: taken }, strokes, markOf),
  ];
}

function descriptionOf(lanes: number, samples: readonly Sample[], { from, until }: TimeAxis): string {
  const shown = samples.filter(({ due }) => due >= from && due <= until);
  const counts = kinds.map(
    (kind) => `${shown.filter((one) => one.kind === kind).length} ${kindMeanings[kind]}`,
  );
  const traffic = samples.length === 0 ? 'There were no clients.' : `Requests: ${counts.join(', ')}.`;
  return `${lanes} parts did something; all of it is in the table of events. ${traffic}`;
}
