import { writeFileSync } from 'node:fs';
import { ConfigError } from '../lib/config/load.ts';
import { cleanUpOnEnd } from './endings.ts';
import { DrillError, messageOf } from './errors.ts';
import { describeStage } from './facts.ts';
import { hold, refuseSecondHold } from './hold.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { type Ran, writePage } from './page/write.ts';
import { createProcesses } from './processes.ts';
import { resultOf, summary } from './report.ts';
import { scenarios } from './scenarios/index.ts';
import { brokenOff, play, stageFor } from './scenarios/play.ts';
import { asJson, list, paceOf, verdict } from './scenarios/report.ts';
import { siteWithPages } from './site-with-pages.ts';
import { setStage } from './stage.ts';
import { createTimeline } from './timeline.ts';
import { createWatch } from './watch.ts';
import { workFolder } from './work-folder.ts';

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
  if (options.help || options.list) {
    for (const line of options.help ? [usage] : list(scenarios)) print(line);
    return 0;
  }
  return rehearse(options);
}

async function rehearse(options: Options): Promise<number> {
  const { scenario, requestsPerSecond } = options;
  const timeline = createTimeline(process.stdout);
  const watch = createWatch(timeline, { everyReason: !scenario.unhurried });
  const processes = createProcesses(
    (name, how) => timeline.add(name, `ended unexpectedly: ${how}`, { tone: 'bad' }),
    complain,
  );
  const workDir = workFolder(options.logsFolder, processes.onCleanup);
  cleanUpOnEnd(processes.cleanup, complain);
  try {
    if (options.hold) refuseSecondHold();
    const wanted = {
      ...stageFor(scenario, { configFile: options.configFile, workDir }),
      // Somebody is going to look at them.
      ...(options.hold && { site: siteWithPages(workDir) }),
    };
    const stage = await setStage(wanted, processes, timeline, watch);
    for (const line of ['', ...describeStage(stage), ...paceOf(scenario), '']) print(line);
    if (options.hold) return await hold(stage, processes, timeline, print);
    const { healthFaultFile } = wanted;
    const ran = { scenario, stage, workDir, timeline, requestsPerSecond };
    const { played, outcome } = await play(scenario, stage, {
      workDir,
      healthFaultFile,
      requestsPerSecond,
      processes,
      timeline,
      watch,
    }).catch(async (error: unknown) => {
      if (options.htmlFile && error instanceof DrillError) await tellFailure(options.htmlFile, ran, error);
      throw error;
    });
    const { checks, measured } = played;
    const lines = measured ? summary(measured, checks) : verdict(scenario, checks, outcome);
    for (const line of ['', ...lines, '', `The drill ${outcome.outcome}.`]) print(line);
    if (options.jsonFile) {
      const result = measured ? resultOf(stage, measured, checks) : asJson([outcome]);
      const iam = await stage.cloud.iam.review();
      writeFileSync(options.jsonFile, `${JSON.stringify({ ...result, iam }, null, 2)}\n`);
    }
    if (options.htmlFile) await writePage(options.htmlFile, { ...ran, checks, measured });
    return outcome.outcome === 'passed' ? 0 : 1;
  } catch (error) {
    const expected = error instanceof DrillError || error instanceof ConfigError;
    complain(expected ? error.message : String((error as Error).stack ?? error));
    return error instanceof ConfigError ? 2 : 1;
  } finally {
    await processes.cleanup();
  }
}

/** Why it failed is what its caller must hear, even if the page cannot be written. */
async function tellFailure(file: string, ran: Omit<Ran, 'checks'>, error: DrillError): Promise<void> {
  await writePage(file, { ...ran, checks: [brokenOff(error)] }).catch((also: unknown) =>
    complain(`${file} could not be written: ${messageOf(also)}`),
  );
}

process.exitCode = await main();
