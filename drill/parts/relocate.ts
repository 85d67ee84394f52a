import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Any descriptor does that neither the shell nor the program uses; the shell knows only one digit. */
const descriptor = 9;

/**
 * Debian's Alertmanager opens its templates in a folder that is compiled in and exists only where the
 * package is installed. This makes an unpacked copy look in the folder behind an open descriptor instead:
 * a path that is never longer, so nothing in the file moves, and that needs no fixed place on the machine.
 * A program without that path (a release that carries its templates inside) is left as it is.
 */
export async function relocate(executable: string, compiledIn: string): Promise<void> {
  const bytes = await readFile(executable);
  const replacement = `/proc/self/fd/${descriptor}`.padEnd(compiledIn.length, '/');
  if (replacement.length !== compiledIn.length) throw new Error(`${compiledIn} is too short to be replaced`);
  let at = bytes.indexOf(compiledIn);
  if (at < 0) return;
  for (; at >= 0; at = bytes.indexOf(compiledIn, at)) bytes.write(replacement, at, 'latin1');
  const { mode } = await stat(executable);
  await writeFile(executable, bytes, { mode });
}

/** How to start a relocated program: a shell opens the folder and is then replaced by the program. */
export function relocated(command: readonly string[], root: string, compiledIn: string) {
  const script = `exec ${descriptor}<"$0" && exec "$@"`;
  return { command: 'sh', args: ['-c', script, join(root, compiledIn), ...command] };
}

/** What such a start opens and runs; undefined for a program that was not relocated. */
export function inRelocated({ command, args }: { command: string; args: readonly string[] }) {
  const [folder, executable] = args.slice(-2);
  return command === 'sh' && folder && executable ? { folder, executable } : undefined;
}

/** The same start as a file that can take the program's place, where both have a fixed one. */
export function relocatedScript(executable: string, folder: string): string {
  return `#!/bin/sh\nexec ${descriptor}<${folder} && exec ${executable} "$@"\n`;
}
