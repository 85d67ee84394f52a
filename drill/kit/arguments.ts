import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { DrillError, messageOf } from './errors.ts';
import { VERSIONS_VARIABLE, versionsCalled } from './versions.ts';

/** What the programs here do with their arguments: every mistake is found before anything is started. */

type Described = NonNullable<ParseArgsConfig['options']>;

/** @param help the command that shows the options @throws DrillError for an option that is not among them */
export function readArguments<const T extends Described>(args: readonly string[], options: T, help: string) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new DrillError(`${messageOf(error)}; ${help} shows what there is`);
  }
}

/** @throws DrillError unless it is a whole number from 1 to `most` */
export function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new DrillError(`${option}: received "${text}", expected a whole number from 1 to ${most}`);
}

/** @throws DrillError unless a file can be written there: found out now, not after the last run */
export function writableFile(option: string, text: string | undefined): string | undefined {
  if (text === undefined || isWritable(dirname(resolve(text)), text)) return text;
  throw new DrillError(
    `${option}: received "${text}", expected the path of a file to write, in a folder that is there`,
  );
}

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

/** Has all parts found in these versions, by us and by whatever we start. @throws DrillError for another word */
export function useVersions(text: string | undefined): void {
  if (text === undefined) return;
  try {
    process.env[VERSIONS_VARIABLE] = versionsCalled(text, '--versions');
  } catch (error) {
    throw new DrillError(messageOf(error));
  }
}
