import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../lib/config/load.ts';
import { cleanUpOnEnd } from '../endings.ts';
import { DrillError, messageOf } from '../errors.ts';
import { createProcesses, type Processes } from '../processes.ts';
import { writeDocs } from './docs.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { type PlannedRun, planRuns } from './plan.ts';
import { announcement, progressLine, summary } from './report.ts';
import { rowsOf } from './rows.ts';
import { measure } from './run.ts';
import { brief, isFailed, type Outcome } from './runs.ts';
import { createStages, type Stages } from './stages.ts';
import { missedTargets } from './targets.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    complain(messageOf(error));
    return 2;
  }
  if (options.help) {
    print(usage);
    return 0;
  }
  return bench(options);
}

async function bench(options: Options): Promise<number> {
  const processes = createProcesses((name, how) => complain(`${name} ended unexpectedly: ${how}`), complain);
  cleanUpOnEnd(processes.cleanup, complain);
  const workDir = mkdtempSync(join(tmpdir(), 'hybrid-failover-bench-'));
  processes.onCleanup('work folder', async () => rmSync(workDir, { recursive: true, force: true }));
  const progress = (line: string) => print(`  ${line}`);
  const stages = createStages(
    { configFile: 'failover.yaml', workDir, progress, complain },
    processes.onCleanup,
  );
  try {
    const plan = planRuns(options);
    for (const line of announcement(plan, options)) print(line);
    const outcomes = await runAll(plan, stages, options, workDir, processes);
    return finish(outcomes, stages, options);
  } catch (error) {
    const expected = error instanceof DrillError || error instanceof ConfigError;
    complain(expected ? error.message : String((error as Error).stack ?? error));
    return error instanceof ConfigError ? 2 : 1;
  } finally {
    await processes.cleanup();
  }
}

async function runAll(
  plan: readonly PlannedRun[],
  stages: Stages,
  { requestsPerSecond }: Options,
  workDir: string,
  { onCleanup }: Processes,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const planned of plan) {
    const outcome = await attempt(planned, stages, { requestsPerSecond, workDir, onCleanup });
    outcomes.push(outcome);
    print(progressLine(outcome, outcomes.length, plan.length));
    // After a failure nobody knows what state it is in; the reference would take a minute to come home.
    if (isFailed(outcome) || planned.config === 'reference') await stages.discard(planned.config);
  }
  return outcomes;
}

/** A run that fails is an outcome too: the rest goes on. */
async function attempt(
  planned: PlannedRun,
  stages: Stages,
  settings: Parameters<typeof measure>[2],
): Promise<Outcome> {
  try {
    return await measure(planned, await stages.use(planned.config), settings);
  } catch (error) {
    // A mistake in the configuration would fail every run alike.
    if (error instanceof ConfigError) throw error;
    return {
      ...planned,
      error: error instanceof DrillError ? error.message : String((error as Error).stack),
    };
  }
}

function finish(outcomes: readonly Outcome[], stages: Stages, options: Options): number {
  const rows = rowsOf(outcomes);
  const missed = missedTargets(rows, outcomes);
  for (const line of summary(rows, missed)) print(line);
  if (options.jsonFile) {
    const result = { schemaVersion: 1, versions: stages.versions(), rows, runs: outcomes.map(brief) };
    writeFileSync(options.jsonFile, `${JSON.stringify(result, null, 2)}\n`);
  }
  if (options.docs) for (const file of writeDocs(rows, outcomes, stages.versions(), options)) print(file);
  return outcomes.some(isFailed) || missed.length > 0 ? 1 : 0;
}

process.exitCode = await main();
