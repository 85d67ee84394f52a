/**
 * Plays every scenario, each in a drill of its own: `npm run drill:all`. Two at a time, because a drill
 * mostly waits.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Review, together } from '../cloud/iam/review.ts';
import { readArguments, useVersions, wholeNumber, writableFile } from '../kit/arguments.ts';
import type { Processes } from '../kit/processes.ts';
import { type ProgramTools, print, runProgram } from '../kit/program.ts';
import { makeSlots } from '../kit/slot.ts';
import { readOutcome } from '../report/child.ts';
import { asJson, grantsLines, isTight, progressLine, table } from '../report/outcomes.ts';
import { scenarios } from '../scenarios/index.ts';
import type { Outcome, Scenario } from '../scenarios/support/scenario.ts';

interface Options {
  readonly help: boolean;
  readonly configFile: string;
  readonly jsonFile: string | undefined;
  readonly logsFolder: string | undefined;
  readonly atOnce: number;
  readonly isSiteOnly: boolean;
}

const usage = `Plays every scenario that npm start -- --list shows, each on a site and a cloud of its own.

  npm run drill:all -- [options]

  --config FILE   the configuration to rehearse (failover.yaml)
  --json FILE     write the outcomes as JSON
  --logs FOLDER   keep the timeline of each scenario, its report as a page, and the logs of every part, there
  --versions V    of the programs: machine (what it has, or its release offers) or newest (Debian's newest
                  packages, unpacked)
  --site-only     only those that find out something about HAProxy, Prometheus and Alertmanager: for other versions
                  of these, when all have been played with one
  --at-once N     scenarios at the same time, 1 to 4 (2)
  --help          this text

At the end it lists what the stacks allow and no scenario needed, if all were played.

Exit code 0 only if every scenario passed and nothing is allowed in vain; 1 if not; 2 for a mistake in the
call.`;

const described = {
  help: { type: 'boolean' },
  config: { type: 'string' },
  json: { type: 'string' },
  logs: { type: 'string' },
  'at-once': { type: 'string' },
  versions: { type: 'string' },
  'site-only': { type: 'boolean' },
} as const;

/** @throws DrillError that names the option, what it was given and what it takes */
function parse(args: readonly string[]): Options {
  const values = readArguments(args, described, 'npm run drill:all -- --help');
  useVersions(values.versions);
  return {
    help: values.help ?? false,
    configFile: values.config ?? 'failover.yaml',
    jsonFile: writableFile('--json', values.json),
    logsFolder: values.logs,
    atOnce: wholeNumber('--at-once', values['at-once'] ?? '2', 4),
    isSiteOnly: values['site-only'] ?? false,
  };
}

async function drillAll(options: Options, tools: ProgramTools): Promise<number> {
  const began = Date.now();
  const { outcomes, reviews } = await playAll(options, tools);
  // Whoever ended it wants no verdict; the exit code follows when everything is cleaned up.
  if (tools.ending.aborted) return 1;
  const iam = together(reviews);
  const { isSiteOnly } = options;
  for (const line of [...table(outcomes), ...(isSiteOnly ? [] : grantsLines(iam))]) print(line);
  print(`It took ${((Date.now() - began) / 60_000).toFixed(1)} minutes.`);
  if (options.jsonFile)
    writeFileSync(options.jsonFile, `${JSON.stringify({ ...asJson(outcomes), iam }, null, 2)}\n`);
  return outcomes.every(({ outcome }) => outcome === 'passed') && (isSiteOnly || isTight(iam)) ? 0 : 1;
}

/** The longest first, so that none is waited for alone at the end; the outcomes in the order of the list. */
async function playAll(
  options: Options,
  { processes, workDir, ending }: ProgramTools,
): Promise<{ outcomes: Outcome[]; reviews: Review[] }> {
  const usual = ({ usualSeconds = 0 }: Scenario) => usualSeconds;
  const wanted = scenarios.filter(({ isAboutCloud = false }) => !(options.isSiteOnly && isAboutCloud));
  const waiting = wanted.toSorted((a, b) => usual(b) - usual(a));
  const outcomes = new Map<Scenario, Outcome>();
  const reviews: Review[] = [];
  const takeTurns = async (slot: Record<string, string>) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { outcome, log, review } = await playOne(next, slot, workDir, options, processes);
      if (ending.aborted) return;
      outcomes.set(next, outcome);
      if (review) reviews.push(review);
      print(progressLine(outcome, outcomes.size, wanted.length));
      if (outcome.outcome === 'failed') print(log);
    }
  };
  await Promise.all(makeSlots(options.atOnce, workDir).map(takeTurns));
  return { outcomes: scenarios.flatMap((one) => outcomes.get(one) ?? []), reviews };
}

/** Longer than any scenario takes that does not say so. */
const LIMIT_SECONDS = 180;
/** From the request to end until everything that it started must be gone. */
const CLEANUP_SECONDS = 30;

async function playOne(
  scenario: Scenario,
  slot: Readonly<Record<string, string>>,
  workDir: string,
  { configFile, logsFolder }: Options,
  processes: Processes,
): Promise<{ outcome: Outcome; log: string; review: Review | undefined }> {
  const { name, limitSeconds = LIMIT_SECONDS } = scenario;
  const logFile = join(workDir, `${name}.log`);
  const jsonFile = join(workDir, `${name}.json`);
  const options = ['--scenario', name, '--config', configFile, '--json', jsonFile];
  const child = await processes.start({
    name,
    command: process.execPath,
    args: [
      fileURLToPath(new URL('main.ts', import.meta.url)),
      ...options,
      ...(logsFolder ? ['--logs', join(workDir, name), '--html', join(workDir, `${name}.html`)] : []),
    ],
    // What one scenario has compiled, the next one need not.
    env: { ...process.env, ...slot, NODE_COMPILE_CACHE: join(workDir, 'compiled') },
    logFile,
    graceSeconds: CLEANUP_SECONDS,
  });
  const began = Date.now();
  const limit = setTimeout(() => void child.stop(), limitSeconds * 1000);
  await child.exited;
  clearTimeout(limit);
  const seconds = (Date.now() - began) / 1000;
  const log = readFileSync(logFile, 'utf8');
  const written = existsSync(jsonFile) ? readFileSync(jsonFile, 'utf8') : undefined;
  const review = written === undefined ? undefined : (JSON.parse(written) as { iam: Review }).iam;
  return { outcome: readOutcome(scenario, written, log, seconds), log, review };
}

await runProgram({
  usage,
  parse,
  run: drillAll,
  // Each drill tells of its own.
  onUnexpectedExit: () => {},
});
