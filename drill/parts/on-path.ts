import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { catalogue, type PartName } from './catalogue.ts';
import { identify, type Program } from './program.ts';

/** PATH, and where Debian keeps daemons: an ordinary user's PATH leaves sbin out. */
export function hostFolders(): string[] {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...path, '/usr/local/sbin', '/usr/sbin', '/sbin'])];
}

/** Finds a part in folders of this machine. Answers the program, or one line that says what was tried. */
export async function findOnPath(name: PartName, folders: readonly string[]): Promise<Program | string> {
  const problems: string[] = [];
  for (const executable of catalogue[name].executables) {
    for (const folder of folders) {
      const command = join(folder, executable);
      if (!(await isExecutable(command))) continue;
      const found = await identify({ name, source: 'path', command, args: [], env: {} });
      if (typeof found !== 'string') return found;
      problems.push(`${command}: ${found}`);
    }
  }
  if (problems.length > 0) return problems.join('; ');
  return `no ${catalogue[name].executables.join(' or ')} on PATH or in an sbin folder`;
}

/** Whether a regular file can be executed by us. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
