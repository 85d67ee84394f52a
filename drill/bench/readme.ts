import { type ConfigName, type FaultName, faultNames } from './plan.ts';
import type { Row } from './rows.ts';
import { seconds } from './table.ts';

const BEGIN = '<!-- made by npm run bench -- --docs -->';
const END = '<!-- end of what it made -->';

/** What the README calls the configs that it shows. */
const shown: readonly [ConfigName, string][] = [
  ['this', '**hybrid-failover**, standby asleep'],
  ['frozen', '**hybrid-failover**, standby frozen'],
  ['no-line', 'the same without the line'],
  ['no-parking', 'the same without parking'],
  ['hot', 'hot standby, stock HAProxy `backup`'],
  ['hot-tuned', 'hot standby, HAProxy at its best'],
  ['reference', "with the blueprint's intervals"],
];

/**
 * The README with the figures of a benchmark in it.
 * @returns undefined if it cannot be made of these rows: all of the configs above must have been run with SIGKILL,
 *   and this system with every fault, because the sentence below the table speaks of all
 * @throws Error if the README has no place for it
 */
export function withFigures(readme: string, rows: readonly Row[]): string | undefined {
  const row = (config: ConfigName, fault: FaultName) =>
    rows.find((one) => one.config === config && one.fault === fault);
  const killed = shown.flatMap(([config, name]) => {
    const found = row(config, 'sigkill');
    return found ? [{ name, ...found }] : [];
  });
  const unhealthy = row('this', 'health-500');
  const own = rows.filter(({ config }) => config === 'this');
  if (killed.length < shown.length || own.length < faultNames.length || !unhealthy) return undefined;
  const sum = (count: (one: Row) => number) => number(own.reduce((total, one) => total + count(one), 0));
  const lines = [
    BEGIN,
    '',
    '| primary killed (SIGKILL) | runs | idempotent requests lost, per run | POSTs lost, per run (in flight at the kill) | recovery, median | worst | longest wait for an answer |',
    '|---|---|---|---|---|---|---|',
    ...killed.map(
      ({ name, runs, lostIdempotent, lostPost, postInFlight, recoverySeconds, slowestSeconds }) => {
        const each = (count: number) => perRun(count, runs);
        const { median, worst } = recoverySeconds;
        return `| ${name} | ${runs} | ${each(lostIdempotent)} | ${each(lostPost)} (${each(postInFlight)}) | ${seconds(median)} | ${seconds(worst)} | ${seconds(slowestSeconds)} |`;
      },
    ),
    '',
    'Of the longest wait: those that lose requests have answered them with an error by then.',
    '',
    `Over all ${own.length} faults, ${sum(({ runs }) => runs)} runs (crash, hang, health path answering 500, clean stop, outages of a second), hybrid-failover lost ${sum(({ lostIdempotent }) => lostIdempotent)} idempotent requests and executed ${sum(({ executedTwice }) => executedTwice)} POSTs twice. When only the health path fails, a hot standby takes over without a pause and this takes ${seconds(unhealthy.recoverySeconds.median)} (median), in which requests wait.`,
    '',
    END,
  ];
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md: expected "${BEGIN}" and "${END}" behind it`);
  return readme.slice(0, begin) + lines.join('\n') + readme.slice(end + END.length);
}

const number = (value: number) => value.toLocaleString('en-US');

/** The mean, with one decimal below ten. */
export function perRun(count: number, runs: number): string {
  const mean = count / runs;
  return number(mean < 10 ? Math.round(mean * 10) / 10 : Math.round(mean));
}
