import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Versions } from './bench-stage.ts';
import type { Options } from './options.ts';
import { configMeanings, configNames, faultMeanings, faultNames } from './plan.ts';
import { drawPlot } from './plot.ts';
import { withFigures } from './readme.ts';
import { recoveryDefinition } from './recovery.ts';
import { differencesFromProduction, phasesNote } from './report.ts';
import { medianRun, type Row } from './rows.ts';
import { measuredRuns, type Outcome } from './runs.ts';
import { noticedTable, phasesTable } from './table.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const readmeFile = fileURLToPath(new URL('../../README.md', import.meta.url));

/** Configs of the plot, one panel each. */
const shown = ['this', 'hot', 'no-parking'] as const;

/**
 * Writes docs/bench.md, docs/bench.svg and the figures in README.md.
 * @returns what was written, one line each; the plot needs a run with SIGKILL, the README runs of several configs
 */
export function writeDocs(
  rows: readonly Row[],
  outcomes: readonly Outcome[],
  versions: Versions,
  options: Options,
): string[] {
  const panels = shown.flatMap((config) => {
    const runs = measuredRuns(outcomes).filter(({ fault }) => fault === 'sigkill');
    const run = medianRun(runs.filter((one) => one.config === config));
    return run ? [{ title: `${config}: ${configMeanings[config]}`, ...run }] : [];
  });
  const picture = `${docs}bench.svg`;
  if (panels.length > 0) writeFileSync(picture, drawPlot(panels));
  const text = `${docs}bench.md`;
  writeFileSync(text, page(rows, versions, options, panels.length > 0));
  const readme = withFigures(readFileSync(readmeFile, 'utf8'), rows);
  if (readme !== undefined) writeFileSync(readmeFile, readme);
  return [
    `wrote ${text}`,
    ...(panels.length > 0 ? [`wrote ${picture}`] : []),
    readme === undefined
      ? `left ${readmeFile} as it was: its figures take a session of all configs and faults`
      : `wrote the figures in ${readmeFile}`,
  ];
}

function page(rows: readonly Row[], versions: Versions, options: Options, hasPlot: boolean): string {
  const phases = phasesTable(rows);
  const lines = [
    '# What clients notice',
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)}, ${machine()}, ${programs(versions)}: ${options.requestsPerSecond} requests/s of 80 % GET, 10 % PUT and 10 % POST, all configs in turns in one session. Made by \`${command(options)}\`.`,
    '',
    ...(hasPlot
      ? [
          '![Requests over time by who answered, and their latency, around a SIGKILL of the primary](bench.svg)',
          '',
          'One run with SIGKILL of each config, the one with the median recovery.',
          '',
        ]
      : []),
    ...noticedTable(rows),
    '',
    'Requests are counted over failover and failback and summed up over the runs. Every request has an id, and every execution is recorded under it before it is answered, so what was lost or executed twice is counted, not guessed.',
    '',
    recoveryDefinition,
    '',
    ...(phases.length === 0 ? [] : ['## Where the time goes', '', ...phases, '', ...phasesNote, '']),
    '## What was compared',
    '',
    ...configNames.map((name) => `- \`${name}\`: ${configMeanings[name]}`),
    '',
    ...faultNames.map((name) => `- \`${name}\`: ${faultMeanings[name]}`),
    '',
    ...differencesFromProduction(options.delayMs),
    '',
  ];
  return lines.join('\n');
}

function machine(): string {
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} cores, ${gibibytes} GiB`;
}

function programs({ haproxy, prometheus, alertmanager, docker }: Versions): string {
  const parts = [`HAProxy ${haproxy}`];
  if (prometheus) parts.push(`Prometheus ${prometheus}`);
  if (alertmanager) parts.push(`Alertmanager ${alertmanager}`);
  parts.push(docker ? `the standby in Docker ${docker}` : 'the standby as a plain process');
  return `Node ${process.versions.node}, ${parts.join(', ')}`;
}

function command({ runs, requestsPerSecond, delayMs, config, fault }: Options): string {
  const given = [
    '--docs',
    ...(runs === 20 ? [] : [`--runs ${runs}`]),
    ...(requestsPerSecond === 500 ? [] : [`--rate ${requestsPerSecond}`]),
    ...(delayMs === 25 ? [] : [`--rtt ${delayMs}`]),
    ...(config ? [`--config ${config}`] : []),
    ...(fault ? [`--fault ${fault}`] : []),
  ];
  return `npm run bench -- ${given.join(' ')}`;
}
