import { type Kind, kinds, type Sample } from './samples.ts';
import { BIN_SECONDS, binned, stacked, type TimeAxis } from './scale.ts';
import { element, type Point, polygon, text } from './svg.ts';

/** What each kind is drawn with: any `fill` or `stroke`. */
export type Colours = Readonly<Record<Kind, string>>;

/** A part of a picture: where its times and values are, in pixels. */
export interface Area {
  readonly axis: TimeAxis;
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
}

/** Dots nearer to each other than this are one dot: there are thousands. */
const DOT = 2;

/** A stack of steps: what the clients of each moment got, in requests per second. */
export function drawRates(
  samples: readonly Sample[],
  { axis, x, y }: Area,
  colours: Colours,
  stepSeconds = BIN_SECONDS,
): string[] {
  const layers = binned(samples, axis, stepSeconds).map((bin) => ({ at: bin.at, layers: stacked(bin) }));
  return kinds.flatMap((kind) => {
    if (layers.every((bin) => bin.layers[kind][0] === bin.layers[kind][1])) return [];
    const edge = (side: 0 | 1): Point[] =>
      layers.flatMap((bin): Point[] => [
        [x(bin.at), y(bin.layers[kind][side])],
        [x(bin.at + stepSeconds), y(bin.layers[kind][side])],
      ]);
    return [polygon([...edge(1), ...edge(0).reverse()], { fill: colours[kind] })];
  });
}

/** What a round dot is as a path. */
export const dot = (x: number, y: number) => `M${x} ${y}h0`;

/**
 * A mark for each request at the time that it took, in milliseconds; one path for each kind, the rarest on top.
 * @param markOf the path of a mark
 */
export function drawLatencies(
  samples: readonly Sample[],
  { axis: { from, until }, x, y }: Area,
  colours: Colours,
  markOf: (kind: Kind) => typeof dot = () => dot,
): string[] {
  const grid = (value: number) => Math.round(value / DOT) * DOT;
  return kinds.flatMap((kind) => {
    const mark = markOf(kind);
    const marks = new Set(
      samples
        .filter((one) => one.kind === kind && one.due >= from && one.due <= until)
        .map(({ due, latency }) => mark(grid(x(due)), grid(y(latency)))),
    );
    if (marks.size === 0) return [];
    const look = { stroke: colours[kind], 'stroke-width': 2.5, 'stroke-linecap': 'round' };
    return [element('path', { d: [...marks].join(''), ...look })];
  });
}

/** Lines across the picture, each with its value at the left. */
export function levels(
  values: readonly number[],
  [left, right]: readonly [number, number],
  place: (value: number) => number,
  label: (value: number) => string,
  stroke: string,
): string[] {
  return values.flatMap((value) => [
    element('path', { d: `M${left} ${place(value)}H${right}`, stroke }),
    text(left - 6, place(value) + 4, label(value), { 'text-anchor': 'end' }),
  ]);
}

/** As the axis of latencies has it. */
export const duration = (milliseconds: number) =>
  milliseconds < 1000 ? `${milliseconds} ms` : `${milliseconds / 1000} s`;

/** Something was done to the primary. */
export function moment(x: number, from: number, until: number, stroke: string): string {
  return element('path', { d: `M${x} ${from}V${until}`, stroke, 'stroke-dasharray': '4 3' });
}
