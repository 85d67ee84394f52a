import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError } from '../lib/config/load.ts';
import { apiCrash } from './api-crash.ts';
import { checkEnd } from './checks.ts';
import { cleanUpOnEnd } from './endings.ts';
import { DrillError, messageOf } from './errors.ts';
import { hold } from './hold.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { createProcesses } from './processes.ts';
import { resultOf, summary } from './report.ts';
import { describeStage, setStage } from './stage.ts';
import { createTimeline } from './timeline.ts';
import { createWatch } from './watch.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`${line}\n`);

/** Mistakes of the caller are told in one line; everything else is a defect and shows where it happened. */
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
  return rehearse(options);
}

async function rehearse(options: Options): Promise<number> {
  const timeline = createTimeline(process.stdout);
  const watch = createWatch(timeline);
  const processes = createProcesses(
    (name, how) => timeline.add(name, `ended unexpectedly: ${how}`, { tone: 'bad' }),
    complain,
  );
  const workDir = workFolder(options, processes.onCleanup);
  cleanUpOnEnd(processes.cleanup, complain);
  try {
    const stage = await setStage({ configFile: options.configFile, workDir }, processes, timeline, watch);
    for (const line of ['', ...describeStage(stage), '']) print(line);
    if (options.hold) return await hold(stage, processes, timeline, print);
    const measured = await apiCrash(stage, options.requestsPerSecond, workDir, processes, timeline, watch);
    const checks = await checkEnd(stage, measured);
    const result = resultOf(stage, measured, checks);
    for (const line of ['', ...summary(measured, checks), '', `The drill ${result.outcome}.`]) print(line);
    if (options.jsonFile) writeFileSync(options.jsonFile, `${JSON.stringify(result, null, 2)}\n`);
    return result.outcome === 'passed' ? 0 : 1;
  } catch (error) {
    const expected = error instanceof DrillError || error instanceof ConfigError;
    complain(expected ? error.message : String((error as Error).stack ?? error));
    return error instanceof ConfigError ? 2 : 1;
  } finally {
    await processes.cleanup();
  }
}

/** The folder of logs and state: the caller's if one was named, else one that goes with the drill. */
function workFolder(options: Options, onCleanup: (name: string, undo: () => Promise<void>) => void): string {
  if (options.logsFolder) {
    const folder = join(resolve(options.logsFolder), new Date().toISOString().replace(/[:.]/g, '-'));
    mkdirSync(folder, { recursive: true });
    return folder;
  }
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-failover-'));
  onCleanup('work folder', async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

process.exitCode = await main();
