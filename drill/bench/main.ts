/** Measures this system beside others: `npm run bench`. */
import { writeFileSync } from 'node:fs';
import { ConfigError } from '../../lib/config/load.ts';
import { DrillError } from '../kit/errors.ts';
import type { Processes } from '../kit/processes.ts';
import { complain, type ProgramTools, print, runProgram } from '../kit/program.ts';
import { writeDocs } from './docs.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { type PlannedRun, planRuns } from './plan.ts';
import { announcement, progressLine, summary } from './report.ts';
import { rowsOf } from './rows.ts';
import { measure } from './run.ts';
import { brief, isFailed, type Outcome } from './runs.ts';
import { createStages, type Stages } from './stages.ts';
import { missedTargets } from './targets.ts';

async function bench(options: Options, { processes, workDir }: ProgramTools): Promise<number> {
  const progress = (line: string) => print(`  ${line}`);
  const stages = createStages(
    { configFile: 'failover.yaml', workDir, delayMs: options.delayMs, progress, complain },
    processes.onCleanup,
  );
  const plan = planRuns(options);
  for (const line of announcement(plan, options)) print(line);
  return finish(await runAll(plan, stages, options, workDir, processes), stages, options);
}

async function runAll(
  plan: readonly PlannedRun[],
  stages: Stages,
  { requestsPerSecond, delayMs }: Options,
  workDir: string,
  { onCleanup }: Processes,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const planned of plan) {
    const outcome = await attempt(planned, stages, { requestsPerSecond, delayMs, workDir, onCleanup });
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

await runProgram({
  usage,
  parse: parseOptions,
  run: bench,
  onUnexpectedExit: (name, how) => complain(`${name} ended unexpectedly: ${how}`),
});
