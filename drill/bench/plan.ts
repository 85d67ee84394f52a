/** What is compared. */
export const configNames = [
  'this',
  'frozen',
  'no-line',
  'hot',
  'hot-tuned',
  'no-parking',
  'reference',
  'no-suspicion',
] as const;
export type ConfigName = (typeof configNames)[number];

export const configMeanings: Record<ConfigName, string> = {
  this: 'all of this system; the standby sleeps stopped, and the site wakes it over the line',
  frozen: 'this system; the standby sleeps frozen',
  'no-line': 'this system without the line: the alerts start the standby',
  hot: 'a hot standby, always on, behind a stock HAProxy `backup`; no control plane',
  'hot-tuned': 'a hot standby behind the best that HAProxy does by itself',
  'no-parking': 'this system without parking',
  reference:
    'this system with the intervals of the reference blueprint; no line, nothing starts on suspicion',
  'no-suspicion': 'this system, starting the standby only on firm evidence, and never by the line',
};

/** What is broken, and how. */
export const faultNames = ['sigkill', 'sigstop', 'health-500', 'clean-stop', 'blip', 'stall'] as const;
export type FaultName = (typeof faultNames)[number];

export const faultMeanings: Record<FaultName, string> = {
  sigkill: 'the primary is killed (SIGKILL)',
  sigstop: 'the primary hangs (SIGSTOP) until the standby has served',
  'health-500': 'the health path answers 500, everything else works',
  'clean-stop': 'the primary is asked to stop (SIGTERM)',
  blip: 'the primary is killed, and started again after a second',
  stall: 'the primary hangs (SIGSTOP) for a second',
};

/** One run to be made. */
export interface PlannedRun {
  readonly config: ConfigName;
  readonly fault: FaultName;
}

export interface Wanted {
  /** Runs of `this` and `frozen` for each fault; the others get their share of it. */
  readonly runs: number;
  readonly config?: ConfigName | undefined;
  readonly fault?: FaultName | undefined;
}

interface Share {
  readonly faults: readonly FaultName[];
  /** Runs for each run of `this`. */
  readonly share: number;
}

/** Over before it is certain: no failover may come of it. */
export function isShort(fault: FaultName): boolean {
  return fault === 'blip' || fault === 'stall';
}

const failovers = ['sigkill', 'sigstop', 'health-500', 'clean-stop'] as const;

const shares: Record<ConfigName, Share> = {
  this: { faults: faultNames, share: 1 },
  frozen: { faults: failovers, share: 1 },
  'no-line': { faults: failovers, share: 5 / 20 },
  hot: { faults: failovers, share: 5 / 20 },
  'hot-tuned': { faults: failovers, share: 5 / 20 },
  'no-parking': { faults: ['sigkill'], share: 5 / 20 },
  // A run of it takes minutes.
  reference: { faults: ['sigkill'], share: 3 / 20 },
  'no-suspicion': { faults: ['sigkill', 'blip'], share: 5 / 20 },
};

/**
 * All runs in the order in which they are made: those of every config and fault are spread evenly over the
 * whole time, so that a machine that is slow for a while is slow for all of them. Empty if the config is
 * not measured with that fault.
 */
export function planRuns({ runs, config, fault }: Wanted): PlannedRun[] {
  const placed = configNames.flatMap((name) => {
    const { faults, share } = shares[name];
    if (config !== undefined && name !== config) return [];
    const count = Math.max(1, Math.round(runs * share));
    return faults
      .filter((one) => fault === undefined || one === fault)
      .flatMap((one) =>
        Array.from({ length: count }, (_, index) => ({
          config: name,
          fault: one,
          place: (index + 0.5) / count,
        })),
      );
  });
  const rank = (one: PlannedRun) => faultNames.indexOf(one.fault);
  return placed
    .sort((a, b) => a.place - b.place || rank(a) - rank(b))
    .map(({ config: name, fault: one }) => ({ config: name, fault: one }));
}

/** The faults that a config is measured with. */
export function faultsOf(config: ConfigName): readonly FaultName[] {
  return shares[config].faults;
}
