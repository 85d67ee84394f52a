import { copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DrillError } from '../kit/errors.ts';
import type { Program } from './program.ts';
import { relocate, relocated } from './relocate.ts';

/** Where Debian's Prometheus has its pages, and Debian its scripts for pages. */
const compiledIn = '/usr/share/prometheus/web';
const scripts = '/usr/share/javascript';

/**
 * Debian's Prometheus has its pages beside it, where only an installed package is: a copy of an unpacked one is
 * made that finds them. One from elsewhere carries its pages inside, and is given back as it is.
 * @param folder for the copy
 */
export async function withPages(prometheus: Program, folder: string): Promise<Program> {
  if (prometheus.source !== 'package') return prometheus;
  // A loader of its own may stand in front of the program.
  const start = [prometheus.command, ...prometheus.args];
  const command = start.at(-1) ?? '';
  const unpacked = join(command.replace(/\/usr\/s?bin\/[^/]+$/, ''), compiledIn);
  if (!existsSync(join(unpacked, 'templates'))) return prometheus;
  const pages = join(folder, compiledIn);
  mkdirSync(join(pages, 'static'), { recursive: true });
  symlinkSync(join(unpacked, 'templates'), join(pages, 'templates'));
  for (const name of readdirSync(join(unpacked, 'static'))) {
    // What is installed on this machine was not unpacked once more.
    const found = [join(unpacked, 'static', name), join(scripts, name)].find(existsSync);
    if (!found)
      throw new DrillError(
        `the pages of ${command} need ${scripts}/${name}; install the package that has it`,
      );
    symlinkSync(found, join(pages, 'static', name));
  }
  const copy = join(folder, 'prometheus');
  copyFileSync(command, copy);
  await relocate(copy, compiledIn);
  return { ...prometheus, ...relocated([...start.slice(0, -1), copy], folder, compiledIn) };
}
