import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DrillError } from '../kit/errors.ts';
import { createTimeline } from '../kit/timeline.ts';
import { recordsOf } from '../stage/records.ts';
import { type Stage, type StageOptions, setStage } from '../stage/stage.ts';
import { createWatch } from '../stage/watch.ts';
import type { BenchStage, Control, Versions } from './bench-stage.ts';
import type { Freezable } from './freezer.ts';
import { createTail } from './journal.ts';

/** A thawed site must be heard of again before it is broken; in seconds. */
const HEARTBEAT_SECONDS = 20;

/** A config with a site, a control plane and a stand-in cloud. Its timeline goes to a file. */
export async function startCloudStage(
  options: StageOptions,
  processes: Freezable,
): Promise<{ stage: BenchStage; versions: Versions }> {
  const { workDir } = options;
  mkdirSync(workDir, { recursive: true });
  const file = createWriteStream(join(workDir, 'timeline.log'));
  processes.onCleanup('timeline', async () => void file.end());
  const timeline = createTimeline(file);
  const healthFaultFile = join(workDir, 'health-fault');
  const variation = {
    ...options.variation,
    primaryEnvironment: { HEALTH_FAULT_FILE: healthFaultFile },
  };
  const stage = await setStage({ ...options, variation }, processes, timeline, createWatch(timeline));
  const { site, parts, docker, happenings } = stage;
  const tail = createTail(site.primaryLog);
  const benchStage: BenchStage = {
    serviceUrl: site.serviceUrl,
    healthFaultFile,
    control: controlOf(stage),
    primary: site.primary,
    startPrimary: site.startPrimary,
    async journal(text) {
      const lines = [...tail(), ...(await stage.host.containerLines())];
      return lines.filter((line) => line.includes(text));
    },
    freeze: processes.freeze,
    async thaw() {
      const since = Date.now();
      processes.thaw();
      const what = 'the first heartbeat after a break';
      await happenings.first(what, isAcknowledged, { since, seconds: HEARTBEAT_SECONDS });
    },
  };
  const versions = {
    haproxy: parts.haproxy.version,
    prometheus: parts.prometheus.version,
    alertmanager: parts.alertmanager.version,
    docker: docker?.version ?? null,
  };
  return { stage: benchStage, versions };
}

const isAcknowledged = (one: { kind: string; status?: unknown }) =>
  one.kind === 'webhook-answered' && one.status === 202;

const onEvidence: ReadonlySet<string> = new Set(['PrimaryDown']);
const badSigns: ReadonlySet<string> = new Set(['PrimarySuspect', ...onEvidence]);

function controlOf({ happenings, serverChanges, cloud, rehearsed, state }: Stage): Control {
  const { states } = recordsOf(cloud);
  return {
    happenings,
    serverChanges,
    badSigns: rehearsed.config.policy.startOnSuspicion ? badSigns : onEvidence,
    state,
    tick: cloud.tick,
    async forgetSuspicion() {
      const before = await states.load(rehearsed.service.name);
      const { warmedAt, ...others } = before.value;
      if (warmedAt === undefined) return;
      if (!(await states.save(others, before)))
        throw new DrillError('the control plane was still deciding when the next run was to begin');
    },
  };
}
