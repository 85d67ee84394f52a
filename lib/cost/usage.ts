import type { ServiceSettings } from '../../lambda/contract/settings.ts';
import { beatSeconds } from './beats.ts';
import { Simulation, type Usage } from './simulation.ts';

/** AWS counts a month as this many hours. */
const monthHours = 730;

export type Spent = {
  /** A month in which the standby sleeps, its self-tests included. */
  readonly asleep: Usage;
  readonly selfTests: number;
  /** An hour on the standby, from the first bad sign until it sleeps again. */
  readonly failover: Usage;
};

/**
 * Runs the functions through an hour of sleep that begins with a self-test, an hour of sleep without one, and an
 * hour of outage. What they do repeats every quarter of an hour at the latest, so that a month follows from this.
 */
export function measureUsage(services: readonly ServiceSettings[], tickSeconds: number): Promise<Spent> {
  const key = JSON.stringify([services, tickSeconds]);
  const known = measurements.get(key) ?? measure(services, tickSeconds);
  measurements.set(key, known);
  return known;
}

/** It does not depend on the region, and takes a second or two. */
const measurements = new Map<string, Promise<Spent>>();

async function measure(services: readonly ServiceSettings[], tickSeconds: number): Promise<Spent> {
  const simulation = new Simulation(services);
  const rhythm = { beatSeconds: (alert: string) => beatSeconds(alert), tickSeconds };
  // A host that sleeps too is left on for a while after each use.
  const idle = Math.max(...services.map(({ policy }) => (policy.pilotLight ? policy.hostIdleSeconds : 0)));
  const windowHours = Math.ceil((1800 + idle) / 3600);
  await simulation.pass(windowHours * 3600, rhythm);
  const tested = simulation.usage;
  await simulation.pass(windowHours * 3600, rhythm);
  const plain = minus(simulation.usage, tested);

  const before = simulation.usage;
  simulation.firing = ['PrimarySuspect', 'PrimaryDown', 'Serving'];
  await simulation.pass(3600, rhythm);
  simulation.firing = ['PrimaryUp'];
  const waits = services.map(
    ({ policy }) => policy.stableSeconds + policy.cooldownSeconds + policy.drainSeconds,
  );
  await simulation.pass(Math.max(...waits) + idle + 600, rhythm);
  const failover = minus(simulation.usage, before);

  const everySeconds = Math.max(...services.map(({ policy }) => policy.selfTestSeconds));
  const selfTests = everySeconds === 0 ? 0 : (monthHours * 3600) / everySeconds;
  const windows = monthHours / windowHours;
  const asleep = plus(times(plain, windows - selfTests), times(tested, selfTests));
  return { asleep, selfTests, failover };
}

type Counts = { readonly [K in keyof Usage]: number };

const combine = (a: Counts, f: (value: number, key: keyof Usage) => number): Usage =>
  Object.fromEntries(Object.entries(a).map(([key, value]) => [key, f(value, key as keyof Usage)])) as Usage;
const minus = (a: Counts, b: Counts): Usage => combine(a, (value, key) => value - b[key]);
const plus = (a: Counts, b: Counts): Usage => combine(a, (value, key) => value + b[key]);
const times = (a: Counts, factor: number): Usage => combine(a, (value) => value * factor);
