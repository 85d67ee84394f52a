import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { capture } from '../kit/capture.ts';
import { type Apt, aptIn, type Chosen, platformKey, type Release } from './apt.ts';
import { catalogue, type Part, type PartName } from './catalogue.ts';
import { isExecutable } from './on-path.ts';
import { identify, type Program } from './program.ts';
import { relocate, relocated } from './relocate.ts';

export type Progress = (line: string) => void;

/** The folder that unpacked packages are kept in between runs. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'hybrid-failover');
}

/**
 * Finds parts in Debian or Ubuntu packages, unpacked into the cache folder: no root, nothing installed,
 * no service started. Answers for each part the program, or one line that says what was tried.
 */
export async function findInPackages(
  names: readonly PartName[],
  progress: Progress,
  release: Release = 'own',
): Promise<Map<PartName, Program | string>> {
  const platform = await platformKey();
  if (platform === null) return forAll(names, () => 'no apt-get and dpkg on this machine');
  const home = join(cacheFolder(), release === 'newest' ? `${platform}-newest` : platform);
  await mkdir(home, { recursive: true });

  const wanted = [...new Set(names.map((name) => catalogue[name].debianPackage))];
  const unpacked = new Set(await readdir(home));
  const problems = await fetchPackages(
    wanted.filter((name) => !unpacked.has(name)),
    home,
    progress,
    release,
  );

  const found = new Map<PartName, Program | string>();
  for (const name of names) {
    const { debianPackage } = catalogue[name];
    const problem = problems.get(debianPackage);
    found.set(name, problem ?? (await inRoot(name, join(home, debianPackage), release)));
  }
  return found;
}

/** Downloads and unpacks packages, each into its own folder. Answers one line for each that failed. */
async function fetchPackages(
  packages: readonly string[],
  home: string,
  progress: Progress,
  release: Release,
): Promise<Map<string, string>> {
  if (packages.length === 0) return new Map();
  // Beside the result, so that the rename which publishes it stays within one file system.
  const work = await mkdtemp(join(home, '.work-'));
  try {
    progress(`fetching package lists for ${packages.join(', ')}`);
    const apt = await aptIn(work, release).catch((error: Error) => error.message);
    if (typeof apt === 'string') return new Map(packages.map((name) => [name, apt]));
    const plans = await makePlans(apt, packages);
    const problems = new Map<string, string>();
    for (const [name, plan] of plans) {
      const problem = typeof plan === 'string' ? plan : await install(apt, name, plan, work, home, progress);
      if (problem !== '') problems.set(name, `package ${name}: ${problem}`);
    }
    return problems;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Third-party sources are asked only for what the distribution itself does not have. */
async function makePlans(apt: Apt, packages: readonly string[]): Promise<Map<string, Chosen[] | string>> {
  const plans = new Map<string, Chosen[] | string>();
  for (const sources of ['distribution', 'all'] as const) {
    const trouble = await apt.update(sources);
    for (const name of packages) {
      const plan = await apt.plan(name);
      plans.set(
        name,
        typeof plan === 'string' && trouble !== '' ? `${plan} (apt-get update: ${trouble})` : plan,
      );
    }
    if ([...plans.values()].every((plan) => typeof plan !== 'string')) break;
  }
  return plans;
}

/** Answers '' on success. The rename makes it atomic: a half-unpacked package is never found. */
async function install(
  apt: Apt,
  name: string,
  plan: readonly Chosen[],
  work: string,
  home: string,
  progress: Progress,
): Promise<string> {
  const version = plan.find((it) => it.name === name)?.version ?? '';
  progress(`downloading ${name} ${version} (${plan.length} packages)`);
  const archives = await mkdtemp(join(work, 'archives-'));
  const downloaded = await apt.download(plan, archives);
  if (!downloaded.ok) return downloaded.problem;

  const root = await mkdtemp(join(work, 'root-'));
  for (const archive of await readdir(archives)) {
    const unpacked = await capture('dpkg', ['-x', join(archives, archive), root], { timeoutSeconds: 60 });
    if (!unpacked.ok) return unpacked.problem;
  }
  await relocateAll(name, root);
  await publish(root, join(home, name));
  return '';
}

async function relocateAll(debianPackage: string, root: string): Promise<void> {
  for (const part of Object.values(catalogue)) {
    if (part.debianPackage !== debianPackage || part.compiledIn === undefined) continue;
    const executable = await executableIn(root, part);
    if (executable !== null) await relocate(executable, part.compiledIn);
  }
}

async function publish(root: string, target: string): Promise<void> {
  try {
    await rename(root, target);
  } catch (error) {
    // Another run published the same package meanwhile: its copy is as good as ours.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

async function inRoot(name: PartName, root: string, release: Release): Promise<Program | string> {
  const part = catalogue[name];
  const executable = await executableIn(root, part);
  if (executable === null) {
    return `${root} holds no ${part.executables.join(' or ')}; delete it to fetch it again`;
  }
  const libraries = await libraryFolders(root);
  const own = release === 'newest' ? await ownLoader(executable, root, libraries) : undefined;
  // With a loader of its own, only the program itself gets these libraries, and not what it starts.
  const env: Record<string, string> = libraries === '' || own ? {} : { LD_LIBRARY_PATH: libraries };
  const command = [...(own ?? []), executable];
  const start =
    part.compiledIn === undefined
      ? { command: command[0] ?? executable, args: command.slice(1) }
      : relocated(command, root, part.compiledIn);
  const found = await identify({ name, source: 'package', ...start, env });
  return typeof found === 'string' ? `${executable}: ${found}; delete ${root} to fetch it again` : found;
}

/** How the loader that came with a program starts it; undefined for one that needs none. */
async function ownLoader(executable: string, root: string, libraries: string): Promise<string[] | undefined> {
  const head = (await readFile(executable)).subarray(0, 4096).toString('latin1');
  const interpreter = /\/lib(?:64)?\/ld-linux[\w.-]*/.exec(head)?.[0];
  if (interpreter === undefined) return undefined;
  return [join(root, 'usr', interpreter), '--library-path', libraries];
}

async function executableIn(root: string, part: Part): Promise<string | null> {
  for (const executable of part.executables) {
    for (const folder of part.folder ? [part.folder] : ['usr/sbin', 'usr/bin', 'sbin', 'bin']) {
      const path = join(root, folder, executable);
      if (await isExecutable(path)) return path;
    }
  }
  return null;
}

async function libraryFolders(root: string): Promise<string> {
  const folders: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const entries = await readdir(join(root, base)).catch(() => []);
    // The folders that Debian names after the machine: x86_64-linux-gnu, aarch64-linux-gnu.
    for (const name of entries.filter((it) => it.includes('-linux-'))) {
      const folder = join(root, base, name);
      folders.push(folder);
      // Some packages keep libraries of their own in a folder there, and expect to be installed.
      for (const inner of await readdir(folder, { withFileTypes: true }))
        if (inner.isDirectory() && (await holdsLibraries(join(folder, inner.name))))
          folders.push(join(folder, inner.name));
    }
  }
  return folders.join(':');
}

async function holdsLibraries(folder: string): Promise<boolean> {
  return (await readdir(folder)).some((name) => /^lib.*\.so/.test(name));
}

function forAll<T>(names: readonly PartName[], value: () => T): Map<PartName, T> {
  return new Map(names.map((name) => [name, value()]));
}
