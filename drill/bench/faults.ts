import { rmSync, writeFileSync } from 'node:fs';
import type { BenchStage } from './bench-stage.ts';
import type { FaultName } from './plan.ts';

/** One way for a primary to fail, and the way back. */
export interface Fault {
  /** Settles when the fault has fully struck. */
  strike(stage: BenchStage): Promise<void>;
  /** Settles when the primary can serve again. */
  repair(stage: BenchStage): Promise<void>;
  /** How long it lasts, in seconds; without it, until the standby has served. */
  readonly lastsSeconds?: number;
}

const crash = (signal: 'SIGKILL' | 'SIGTERM') => async (stage: BenchStage) => {
  const primary = stage.primary();
  primary.signal(signal);
  await primary.exited;
};

const startAgain = (stage: BenchStage) => stage.startPrimary();

const hang: Fault = {
  strike: async (stage) => stage.primary().signal('SIGSTOP'),
  repair: async (stage) => stage.primary().signal('SIGCONT'),
};

export const faults: Record<FaultName, Fault> = {
  sigkill: { strike: crash('SIGKILL'), repair: startAgain },
  'clean-stop': { strike: crash('SIGTERM'), repair: startAgain },
  blip: { strike: crash('SIGKILL'), repair: startAgain, lastsSeconds: 1 },
  sigstop: hang,
  stall: { ...hang, lastsSeconds: 1 },
  'health-500': {
    strike: async ({ healthFaultFile }) => writeFileSync(healthFaultFile, ''),
    repair: async ({ healthFaultFile }) => rmSync(healthFaultFile),
  },
};
