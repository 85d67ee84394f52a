import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The file system of an image that is built from nothing but this machine's own programs. */
export interface Root {
  /** Copies a file or a folder to a path of the image. */
  place(source: string, target: string): void;
  /** Copies a program, and the libraries that it loads. @param env what it needs to find them here */
  placeProgram(source: string, target: string, env?: Readonly<Record<string, string>>): Promise<void>;
  link(path: string, to: string): void;
  writeScript(path: string, text: string): void;
}

/** Lays it out in the folder `root` of a build context. */
export function createRoot(context: string): Root {
  const root = join(context, 'root');
  const within = (path: string) => {
    const there = join(root, path);
    mkdirSync(dirname(there), { recursive: true });
    return there;
  };
  // Libraries are links to versioned files; the image gets the files under the names that are asked for.
  const place = (source: string, target: string) =>
    cpSync(realpathSync(source), within(target), { recursive: true });
  const tmp = join(root, 'tmp');
  mkdirSync(tmp, { recursive: true });
  // What Docker mounts there gets the mode of the folder.
  chmodSync(tmp, 0o1777);
  return {
    place,
    async placeProgram(source, target, env = {}) {
      place(source, target);
      for (const library of await librariesOf(source, env)) place(library, placeOf(library));
    },
    link: (path, to) => symlinkSync(to, within(path)),
    writeScript: (path, text) => writeFileSync(within(path), text, { mode: 0o755 }),
  };
}

/** Where the loader looks: the path without the folder of an unpacked package. The loader itself stays in place. */
export function placeOf(library: string): string {
  const at = Math.max(library.lastIndexOf('/lib/'), library.lastIndexOf('/lib64/'));
  return library.slice(Math.max(at, 0));
}

/** The shared libraries of a program and its loader; none of one that was linked statically. */
async function librariesOf(program: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  try {
    const { stdout } = await run('ldd', [program], { env: { ...process.env, LC_ALL: 'C', ...env } });
    return stdout.split('\n').flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  } catch (error) {
    if (/not a dynamic executable/.test((error as { stderr?: string }).stderr ?? '')) return [];
    throw error;
  }
}
