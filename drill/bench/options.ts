import { readArguments, wholeNumber, writableFile } from '../kit/arguments.ts';
import { DrillError } from '../kit/errors.ts';
import {
  type ConfigName,
  configMeanings,
  configNames,
  type FaultName,
  faultMeanings,
  faultNames,
  faultsOf,
} from './plan.ts';

/** What a benchmark is asked to do. */
export interface Options {
  readonly help: boolean;
  /** Runs of `this` and `frozen` for each fault; the other configs get their share. */
  readonly runs: number;
  /** How long the line and the way to the standby take in each direction, in milliseconds. */
  readonly delayMs: number;
  readonly requestsPerSecond: number;
  readonly fault: FaultName | undefined;
  readonly config: ConfigName | undefined;
  /** Where the rows are written as JSON. */
  readonly jsonFile: string | undefined;
  /** Whether docs/bench.md, docs/bench.svg and the figures in README.md are written. */
  readonly docs: boolean;
}

const listed = (meanings: Readonly<Record<string, string>>) =>
  Object.entries(meanings)
    .map(([name, meaning]) => `    ${name.padEnd(14)}${meaning}`)
    .join('\n');

export const usage = `Measures what clients notice when the primary fails, and compares it. Takes turns between the
configs and faults, in one session on this machine; takes about 80 minutes with the defaults.

  npm run bench -- [options]

  --runs N        runs of "this" and "frozen" for each fault, 1 to 100 (20); of the others a quarter, of
                  the reference 3/20, at least 1
  --rtt MS        how long the line and the way to the standby take in each direction, 0 to 500 (25):
                  a round trip is twice that, and so is the opening of a connection
  --rate N        requests per second, 1 to 2000 (500): 80 % GET, 10 % PUT, 10 % POST
  --config NAME   only this config:
${listed(configMeanings)}
  --fault NAME    only this fault:
${listed(faultMeanings)}
  --json FILE     write the rows as JSON
  --docs          write docs/bench.md, docs/bench.svg and the figures in README.md
  --help          this text

Exit code 0 if no run failed and "this" met all its targets; 1 if not; 2 for a mistake in the call.`;

const described = {
  help: { type: 'boolean' },
  docs: { type: 'boolean' },
  runs: { type: 'string' },
  rate: { type: 'string' },
  rtt: { type: 'string' },
  fault: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'string' },
} as const;

/** @throws DrillError that names the option, what it was given and what it takes */
export function parseOptions(args: readonly string[]): Options {
  const values = readArguments(args, described, 'npm run bench -- --help');
  const config = oneOf('--config', values.config, configNames);
  const fault = oneOf('--fault', values.fault, faultNames);
  if (config && fault && !faultsOf(config).includes(fault)) {
    throw new DrillError(
      `--fault: received "${fault}", but --config ${config} is measured with ${faultsOf(config).join(', ')} only`,
    );
  }
  return {
    help: values.help ?? false,
    runs: wholeNumber('--runs', values.runs ?? '20', 100),
    delayMs: milliseconds(values.rtt ?? '25'),
    requestsPerSecond: wholeNumber('--rate', values.rate ?? '500', 2000),
    fault,
    config,
    jsonFile: writableFile('--json', values.json),
    docs: values.docs ?? false,
  };
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 500) return value;
  throw new DrillError(`--rtt: received "${text}", expected a whole number of milliseconds from 0 to 500`);
}

function oneOf<Name extends string>(option: string, text: string | undefined, names: readonly Name[]) {
  const found = names.find((name) => name === text);
  if (text === undefined || found) return found;
  throw new DrillError(`${option}: received "${text}", expected one of ${names.join(', ')}`);
}
