import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DrillError, messageOf } from '../errors.ts';
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
  /** Runs of `this` for each fault; the other configs get their share. */
  readonly runs: number;
  readonly requestsPerSecond: number;
  readonly fault: FaultName | undefined;
  readonly config: ConfigName | undefined;
  /** Where the rows are written as JSON. */
  readonly jsonFile: string | undefined;
  /** Whether docs/bench.md and docs/bench.svg are written. */
  readonly docs: boolean;
}

const listed = (meanings: Readonly<Record<string, string>>) =>
  Object.entries(meanings)
    .map(([name, meaning]) => `    ${name.padEnd(14)}${meaning}`)
    .join('\n');

export const usage = `Measures what clients notice when the primary fails, and compares it. Takes turns between the
configs and faults, in one session on this machine; takes about 40 minutes with the defaults.

  npm run bench -- [options]

  --runs N        runs of "this" for each fault, 1 to 100 (20); of the others a quarter, of the
                  reference 3/20, at least 1
  --rate N        requests per second, 1 to 2000 (500): 80 % GET, 10 % PUT, 10 % POST
  --config NAME   only this config:
${listed(configMeanings)}
  --fault NAME    only this fault:
${listed(faultMeanings)}
  --json FILE     write the rows as JSON
  --docs          write docs/bench.md and docs/bench.svg
  --help          this text

Exit code 0 if no run failed and "this" met all its targets; 1 if not; 2 for a mistake in the call.`;

/** @throws DrillError that names the option, what it was given and what it takes */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
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
    requestsPerSecond: wholeNumber('--rate', values.rate ?? '500', 2000),
    fault,
    config,
    jsonFile: file('--json', values.json),
    docs: values.docs ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        docs: { type: 'boolean' },
        runs: { type: 'string' },
        rate: { type: 'string' },
        fault: { type: 'string' },
        config: { type: 'string' },
        json: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new DrillError(`${messageOf(error)}; npm run bench -- --help shows what there is`);
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new DrillError(`${name}: received "${text}", expected a whole number from 1 to ${most}`);
}

function oneOf<Name extends string>(option: string, text: string | undefined, names: readonly Name[]) {
  const found = names.find((name) => name === text);
  if (text === undefined || found) return found;
  throw new DrillError(`${option}: received "${text}", expected one of ${names.join(', ')}`);
}

/** Found out now, not after the last run. */
function isWritable(folder: string, name: string): boolean {
  if (name === '' || name.endsWith('/')) return false;
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    // Whatever the reason, it cannot be written there, and the caller says so.
    return false;
  }
}

function file(option: string, text: string | undefined): string | undefined {
  if (text === undefined || isWritable(dirname(resolve(text)), text)) return text;
  throw new DrillError(
    `${option}: received "${text}", expected the path of a file to write, in a folder that is there`,
  );
}
