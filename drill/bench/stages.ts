import { join } from 'node:path';
import { createProcesses, type Processes } from '../kit/processes.ts';
import { findParts } from '../parts/find.ts';
import type { Program } from '../parts/program.ts';
import type { BenchStage, Versions } from './bench-stage.ts';
import { startCloudStage } from './cloud-stage.ts';
import { freezable } from './freezer.ts';
import { startHotStage } from './hot-stage.ts';
import type { ConfigName } from './plan.ts';
import { writeReference } from './reference.ts';

/** Waits that only protect from flapping, for a bench of a hundred failovers; in seconds. */
export const benchPolicy = {
  stableSeconds: 2,
  cooldownSeconds: 2,
  drainSeconds: 1,
  // A hundred failovers in an hour are what flap control is there to end.
  flapLimit: 1000,
  selfTestHours: 0,
} as const;

/** All configs, of which one at a time is awake. */
export interface Stages {
  /** The config's stage, awake and at home; all others are frozen. Brings it up if it is not. */
  use(config: ConfigName): Promise<BenchStage>;
  /** Takes a stage down; the next use brings up a new one. */
  discard(config: ConfigName): Promise<void>;
  /** Of what has been brought up so far. */
  versions(): Versions;
}

interface Up {
  readonly stage: BenchStage;
  readonly processes: Processes;
}

export interface StagesOptions {
  readonly configFile: string;
  readonly workDir: string;
  readonly delayMs: number;
  readonly progress: (line: string) => void;
  readonly complain: (line: string) => void;
}

export function createStages(options: StagesOptions, onCleanup: Processes['onCleanup']): Stages {
  const { configFile, workDir, delayMs, progress, complain } = options;
  const up = new Map<ConfigName, Up>();
  let awake: ConfigName | undefined;
  let count = 0;
  let versions: Versions = { haproxy: 'unknown' };

  const bringUp = async (config: ConfigName): Promise<BenchStage> => {
    progress(`brings up "${config}"`);
    const supervised = createProcesses(
      (name, how) => complain(`${config}: ${name} ended unexpectedly: ${how}`),
      (line) => complain(`${config}: ${line}`),
    );
    onCleanup(config, supervised.cleanup);
    const processes = freezable(supervised);
    count += 1;
    const folder = join(workDir, `${config}-${count}`);
    try {
      const started = await start(config, folder);
      versions = { ...versions, ...started.versions };
      up.set(config, { stage: started.stage, processes });
      return started.stage;
    } catch (error) {
      await processes.cleanup();
      throw error;
    }
    async function start(name: ConfigName, to: string): Promise<{ stage: BenchStage; versions: Versions }> {
      if (name !== 'hot' && name !== 'hot-tuned')
        return startCloudStage({ configFile, workDir: to, delayMs, ...differences(name, to) }, processes);
      const { haproxy }: { haproxy: Program } = await findParts(['haproxy'], {
        progress,
        mounts: [process.cwd(), workDir],
      });
      return {
        stage: await startHotStage(name, haproxy, to, delayMs, processes),
        versions: { haproxy: haproxy.version },
      };
    }
  };

  return {
    async use(config) {
      if (awake !== config && awake !== undefined) up.get(awake)?.stage.freeze();
      const present = up.get(config);
      const asleep = awake !== config;
      awake = config;
      if (!present) return bringUp(config);
      if (asleep) await present.stage.thaw();
      return present.stage;
    },
    async discard(config) {
      const present = up.get(config);
      up.delete(config);
      if (awake === config) awake = undefined;
      await present?.processes.cleanup();
    },
    versions: () => versions,
  };
}

const withoutLine = { STANDBY_LINE_ADDRESS: 'none' };

/** What makes a config different from `this`. */
function differences(config: Exclude<ConfigName, 'hot' | 'hot-tuned'>, folder: string) {
  // Stages may share one Docker daemon, where a service's container has its name.
  const serviceName = `api-${config}`;
  const changes = { serviceName, policy: benchPolicy };
  const withoutSuspicion = { serviceName, policy: { ...benchPolicy, startOnSuspicion: false } };
  switch (config) {
    case 'this':
      return { changes };
    case 'frozen':
      return { changes: { ...changes, service: { sleep: 'frozen' as const } } };
    case 'no-line':
      return { changes, variation: { environment: withoutLine } };
    case 'no-parking':
      return { changes, variation: { environment: { PARK_SECONDS: '0' } } };
    case 'no-suspicion':
      return { changes: withoutSuspicion };
    case 'reference':
      return {
        changes: withoutSuspicion,
        variation: { ...writeReference(join(folder, 'intervals')), environment: withoutLine },
        // It comes up to a minute after everything else.
        awaitsHeartbeat: false,
      };
  }
}
