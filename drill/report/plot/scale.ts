import { type Kind, kinds, type Sample } from './samples.ts';

/** The times that all panels show, in seconds since the fault. */
export interface TimeAxis {
  readonly from: number;
  readonly until: number;
}

/** Requests that were due in one step of time, by how they ended. */
export interface Bin {
  /** Start of the step, in seconds since the fault. */
  readonly at: number;
  /** Requests per second. */
  readonly rates: Readonly<Record<Kind, number>>;
}

export const BIN_SECONDS = 0.1;

/** Shows two seconds before the fault and all that follows in any of the panels, at most `most` seconds. */
export function timeAxis(panels: readonly (readonly Sample[])[], most = 20): TimeAxis {
  const last = panels.flat().reduce((latest, { due }) => Math.max(latest, due), 1);
  return { from: -2, until: Math.min(most, Math.ceil(last)) };
}

/** Counts requests per step by the moment at which they were due: what each client of that moment got. */
export function binned(
  samples: readonly Sample[],
  { from, until }: TimeAxis,
  stepSeconds = BIN_SECONDS,
): Bin[] {
  const count = Math.round((until - from) / stepSeconds);
  const bins = Array.from({ length: count }, () => ({ primary: 0, standby: 0, parked: 0, failed: 0 }));
  for (const { due, kind } of samples) {
    const bin = bins[Math.floor((due - from) / stepSeconds + 1e-9)];
    if (due >= from && bin) bin[kind] += 1 / stepSeconds;
  }
  return bins.map((rates, index) => ({ at: from + index * stepSeconds, rates }));
}

/** All kinds together, in requests per second. */
export const totalRate = ({ rates }: Bin) => kinds.reduce((sum, kind) => sum + rates[kind], 0);

/** The share of each kind on top of the ones before it, as [bottom, top] in requests per second. */
export function stacked({ rates }: Bin): Record<Kind, readonly [number, number]> {
  let top = 0;
  const layers = {} as Record<Kind, readonly [number, number]>;
  for (const kind of kinds) {
    layers[kind] = [top, top + rates[kind]];
    top += rates[kind];
  }
  return layers;
}

/** The smallest of 1, 2, 5, 10, 20, 50 … that is not less than the value. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

/** Places a value of a linear axis between two pixels. */
export function linear(
  value: number,
  [low, high]: readonly [number, number],
  [a, b]: readonly [number, number],
) {
  return a + ((value - low) / (high - low)) * (b - a);
}

/** Places a value of a logarithmic axis between two pixels; values beyond its ends are put at the end. */
export function logarithmic(
  value: number,
  [low, high]: readonly [number, number],
  pixels: readonly [number, number],
): number {
  const inside = Math.min(high, Math.max(low, value));
  return linear(Math.log10(inside), [Math.log10(low), Math.log10(high)], pixels);
}
