/** Rehearses a failover with the site in containers, as an operator has it: `npm run drill:compose`. */
import { writeFileSync } from 'node:fs';
import { ConfigError } from '../../lib/config/load.ts';
import { cleanUpOnEnd } from '../endings.ts';
import { DrillError, messageOf } from '../errors.ts';
import { createProcesses } from '../processes.ts';
import { resultOf, summary } from '../report.ts';
import { createTimeline } from '../timeline.ts';
import { createWatch } from '../watch.ts';
import { workFolder } from '../work-folder.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { rehearse } from './rehearse.ts';

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
  const began = Date.now();
  const timeline = createTimeline(process.stdout);
  const watch = createWatch(timeline);
  const processes = createProcesses(
    (name, how) => timeline.add(name, `ended unexpectedly: ${how}`, { tone: 'bad' }),
    complain,
  );
  const workDir = workFolder(options.logsFolder, processes.onCleanup);
  cleanUpOnEnd(processes.cleanup, complain);
  try {
    const rehearsal = await rehearse(options, { workDir, processes, timeline, watch, print });
    const { stage, compose, images, measured, checks } = rehearsal;
    const result = { ...resultOf(stage, measured, checks), compose: compose.version, images };
    for (const line of ['', ...summary(measured, checks), '']) print(line);
    print(`The drill ${result.outcome}, after ${((Date.now() - began) / 1000).toFixed(0)} s.`);
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

process.exitCode = await main();
