import { VERSIONS_VARIABLE, type Versions, versionsCalled } from '../kit/versions.ts';
import { catalogue, type PartName } from './catalogue.ts';
import { findInDocker } from './docker.ts';
import { findOnPath, hostFolders } from './on-path.ts';
import { findInPackages, type Progress } from './packages.ts';
import type { Program } from './program.ts';

export type FindOptions = {
  /** Told, in one line each, what takes time: package lists and downloads. */
  progress?: Progress;
  /** Absolute paths of folders that a part in a container must see, at the same path, to read and write. */
  mounts?: readonly string[];
  /** Folders of this machine to look in; PATH and the sbin folders unless given. */
  folders?: readonly string[];
  /** Look on this machine only: a program in an image cannot be copied. */
  outsideDocker?: boolean;
  /** `newest` unpacks Debian's newest packages, and looks nowhere else; what {@link VERSIONS_VARIABLE} says unless given. */
  versions?: Versions;
};

/**
 * Finds real programs: in images that a Docker daemon already has, on PATH, or in Debian and Ubuntu
 * packages unpacked into a cache folder, in this order. Each one found has been run and has said its
 * version. Throws one error that names every part that cannot be had, what was tried, and what to do.
 */
export async function findParts<Name extends PartName>(
  names: readonly Name[],
  {
    progress = () => {},
    mounts = [],
    folders = hostFolders(),
    outsideDocker = false,
    versions = versionsCalled(process.env[VERSIONS_VARIABLE] || 'machine', VERSIONS_VARIABLE),
  }: FindOptions = {},
): Promise<Record<Name, Program>> {
  const found = new Map<PartName, Program>();
  const tried = new Map<PartName, string[]>(names.map((name) => [name, []]));
  const keep = (name: PartName, answer: Program | string) => {
    if (typeof answer === 'string') tried.get(name)?.push(answer);
    else found.set(name, answer);
  };

  await Promise.all(
    names.map(async (name) => {
      if (versions === 'newest') return;
      if (!outsideDocker) keep(name, await findInDocker(name, mounts));
      if (!found.has(name)) keep(name, await findOnPath(name, folders));
    }),
  );
  const missing = names.filter((name) => !found.has(name));
  const release = versions === 'newest' ? 'newest' : 'own';
  for (const [name, answer] of await findInPackages(missing, progress, release)) keep(name, answer);

  const lacking = names.filter((name) => !found.has(name));
  if (lacking.length > 0) throw new Error(explain(lacking, tried));
  return Object.fromEntries(found) as Record<Name, Program>;
}

function explain(names: readonly PartName[], tried: ReadonlyMap<PartName, readonly string[]>): string {
  const packages = [...new Set(names.map((name) => catalogue[name].debianPackage))].join(' ');
  const lines = names.map((name) => `${name} cannot be had: ${tried.get(name)?.join('; ')}.`);
  return [...lines, `What to do: install ${packages} so that it is on PATH, then run this again.`].join('\n');
}
