import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { catalogue, type PartName } from './catalogue.ts';
import { identify, type Program } from './program.ts';

/** Debian keeps daemons in sbin, which an ordinary user's PATH leaves out. */
const alsoSearched = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Finds a part on PATH. Answers the program, or one line that says what was tried. */
export async function findOnPath(name: PartName): Promise<Program | string> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...alsoSearched].filter((it) => it !== '');
  const problems: string[] = [];
  for (const executable of catalogue[name].executables) {
    for (const folder of new Set(folders)) {
      const command = join(folder, executable);
      if (!(await isExecutable(command))) continue;
      const found = await identify({ name, source: 'path', command, args: [], env: {} });
      if (typeof found !== 'string') return found;
      problems.push(`${command}: ${found}`);
    }
  }
  return problems.length > 0
    ? problems.join('; ')
    : `no ${catalogue[name].executables.join(' or ')} on PATH or in ${alsoSearched.join(', ')}`;
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
