import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { account, type RequestResult, readExecutions } from '../load/account.ts';
import { sampleOf } from '../report/plot/samples.ts';
import type { BenchStage } from './bench-stage.ts';
import { controlRecord, home, servingRecorded } from './control-plane.ts';
import { type Fault, faults } from './faults.ts';
import type { PlannedRun } from './plan.ts';
import { recoverySeconds } from './recovery.ts';
import { countPostsInFlight, lossesOf, type Run } from './runs.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export interface RunSettings {
  readonly requestsPerSecond: number;
  /** How long the line and the way to the standby take in each direction, in milliseconds. */
  readonly delayMs: number;
  /** For the results of the requests. */
  readonly workDir: string;
  /** Told how to end the traffic at once, if the benchmark is ended. */
  readonly onCleanup: (name: string, undo: () => Promise<void>) => void;
}

/** Longest waits for each step; a run that waits longer has failed. The reference needs minutes to fail over. */
const limitSeconds = { steady: 10, standby: 60, reference: 300, trafficHome: 60, controlHome: 90 } as const;
const steadySeconds = 2;
/** Faults strike at any moment of the cycles of checks, scrapes and evaluations. */
const phaseSeconds = 1;
const onStandbySeconds = 2;
const afterwardsSeconds = 1;

/** Moments of a run in Unix milliseconds. */
interface Moments {
  readonly struck: { readonly from: number; readonly until: number };
  readonly repairedAt: number;
}

/**
 * One fault and the way back under traffic: steady, fault, the standby serves, repair, home.
 * @throws DrillError naming the step that did not happen in its time
 */
export async function measure(planned: PlannedRun, stage: BenchStage, settings: RunSettings): Promise<Run> {
  const { control } = stage;
  await control?.forgetSuspicion();
  const epoch = (await control?.state())?.epoch ?? 0;
  const traffic = await startTraffic(
    stage.serviceUrl,
    settings.requestsPerSecond,
    join(settings.workDir, 'requests.jsonl'),
  );
  settings.onCleanup('load', traffic.kill);
  try {
    await traffic.answeredBy('primary', 0, limitSeconds.steady);
    await delay((steadySeconds + Math.random() * phaseSeconds) * 1000);
    const moments = await play(planned, faults[planned.fault], stage, traffic);
    const results = await traffic.finish();
    const run = await evaluate(planned, stage, results, moments, settings.requestsPerSecond);
    if (!control) return { ...run, control: undefined };
    const faultAt = moments.struck.from;
    const recoveredAt = faultAt + run.recoverySeconds * 1000;
    const epochs = (await control.state()).epoch - epoch;
    return {
      ...run,
      control: controlRecord(control, { faultAt, recoveredAt, epochs, delayMs: settings.delayMs }),
    };
  } finally {
    await traffic.kill();
  }
}

async function play(
  { config }: PlannedRun,
  fault: Fault,
  stage: BenchStage,
  traffic: Traffic,
): Promise<Moments> {
  const { control } = stage;
  const from = Date.now();
  await fault.strike(stage);
  const until = Date.now();
  if (fault.lastsSeconds !== undefined) await delay(fault.lastsSeconds * 1000);
  else {
    const limit = config === 'reference' ? limitSeconds.reference : limitSeconds.standby;
    await traffic.answeredBy('standby', from, limit);
    await Promise.all([control && servingRecorded(control, from), delay(onStandbySeconds * 1000)]);
  }
  const repairedAt = Date.now();
  await fault.repair(stage);
  await traffic.atHome(repairedAt, limitSeconds.trafficHome);
  // What was begun on a suspicion is begun by now.
  if (fault.lastsSeconds !== undefined) await delay(onStandbySeconds * 1000);
  // The reference hears of the primary a minute later; clients have nothing to do with that.
  if (control && config !== 'reference') await home(control, limitSeconds.controlHome);
  await delay(afterwardsSeconds * 1000);
  // A blip is over when clients are served again, whenever the primary was started.
  return { struck: { from, until }, repairedAt: fault.lastsSeconds === undefined ? repairedAt : Date.now() };
}

async function evaluate(
  planned: PlannedRun,
  stage: BenchStage,
  results: readonly RequestResult[],
  { struck, repairedAt }: Moments,
  requestsPerSecond: number,
): Promise<Omit<Run, 'control'>> {
  // All ids of one run begin alike, so that those of other runs need not be read.
  const prefix = results[0]?.requestId.replace(/\d+$/, '') ?? '';
  const executions = readExecutions(await stage.journal(prefix));
  return {
    ...planned,
    requests: account(results, executions),
    recoverySeconds: recoverySeconds(results, { from: struck.from, until: repairedAt }, requestsPerSecond),
    repairedSeconds: (repairedAt - struck.from) / 1000,
    postsInFlight: countPostsInFlight(results, struck),
    losses: lossesOf(results, struck.from),
    samples: results.map((result) => sampleOf(result, struck.from)),
  };
}
