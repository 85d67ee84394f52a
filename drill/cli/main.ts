/** Rehearses one scenario, or holds a site and a cloud for a person to try: `npm start`. */
import { writeFileSync } from 'node:fs';
import { DrillError, messageOf } from '../kit/errors.ts';
import { complain, type ProgramTools, print, runProgram } from '../kit/program.ts';
import { describeStage } from '../report/facts.ts';
import { asJson, list, paceOf, verdict } from '../report/outcomes.ts';
import { type Ran, writePage } from '../report/page/write.ts';
import { resultOf, summary } from '../report/result.ts';
import { scenarios } from '../scenarios/index.ts';
import { brokenOff, play, stageFor } from '../scenarios/support/play.ts';
import { siteWithPages } from '../site/with-pages.ts';
import { setStage } from '../stage/stage.ts';
import { createWatch } from '../stage/watch.ts';
import { hold, refuseSecondHold } from './hold.ts';
import { type Options, parseOptions, usage } from './options.ts';

async function rehearse(options: Options, { processes, timeline, workDir }: ProgramTools): Promise<number> {
  if (options.list) {
    for (const line of list(scenarios)) print(line);
    return 0;
  }
  const { scenario, requestsPerSecond } = options;
  const watch = createWatch(timeline, { everyReason: !scenario.unhurried });
  if (options.hold) refuseSecondHold();
  const wanted = {
    ...stageFor(scenario, { configFile: options.configFile, workDir }),
    // Somebody is going to look at them.
    ...(options.hold && { site: siteWithPages(workDir) }),
  };
  const stage = await setStage(wanted, processes, timeline, watch);
  for (const line of ['', ...describeStage(stage), ...paceOf(scenario), '']) print(line);
  if (options.hold) return await hold(stage, processes, timeline, print);
  const ran = { scenario, stage, workDir, timeline, requestsPerSecond };
  const { played, outcome } = await play(scenario, stage, {
    workDir,
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
}

/** Why it failed is what its caller must hear, even if the page cannot be written. */
async function tellFailure(file: string, ran: Omit<Ran, 'checks'>, error: DrillError): Promise<void> {
  await writePage(file, { ...ran, checks: [brokenOff(error)] }).catch((also: unknown) =>
    complain(`${file} could not be written: ${messageOf(also)}`),
  );
}

await runProgram({ usage, parse: parseOptions, run: rehearse });
