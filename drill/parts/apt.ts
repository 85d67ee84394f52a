import { access, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Captured, capture } from '../kit/capture.ts';

/** A package at the version that apt chose. */
export type Chosen = { name: string; version: string };

/** The sources a distribution ships with. Asked first: a third party's may be slow or gone. */
const distributionSources = ['debian.sources', 'ubuntu.sources', 'raspbian.sources', 'raspi.list'];

/**
 * Apt with lists, caches and locks in a folder of our own: works without root, and changes nothing
 * about the machine. Mirrors, proxies and keys are the host's.
 */
export type Apt = {
  /** Fetches the package lists, from the distribution's own sources or from all. One line on trouble. */
  update(sources: 'distribution' | 'all'): Promise<string>;
  /** What would have to be installed for this package to run here, itself included; or why it cannot. */
  plan(name: string): Promise<Chosen[] | string>;
  /** Downloads packages into the folder, checked against the signed lists. */
  download(packages: readonly Chosen[], folder: string): Promise<Captured>;
};

/**
 * Which packages a machine is given: its own release's, or those of Debian's newest (`sid`), which bring every
 * library that they need, down to the dynamic loader.
 */
export type Release = 'own' | 'newest';

/** @throws Error for `newest` on a machine that does not know Debian's archive */
async function newestSource(): Promise<string> {
  const file = '/etc/apt/sources.list.d/debian.sources';
  const text = await readFile(file, 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}: *(\\S+)`, 'm').exec(text)?.[1];
  const [uri, key] = [field('URIs'), field('Signed-By')];
  if (uri && key) return `Types: deb\nURIs: ${uri}\nSuites: sid\nComponents: main\nSigned-By: ${key}\n`;
  throw new Error(`the newest versions are Debian's, and ${file} does not name its archive and key`);
}

/** Prepares apt in an existing, empty folder. Absolute path. */
export async function aptIn(folder: string, release: Release = 'own'): Promise<Apt> {
  for (const needed of ['lists/partial', 'cache/archives/partial', 'sources']) {
    await mkdir(join(folder, needed), { recursive: true });
  }
  for (const name of distributionSources) {
    const source = join('/etc/apt/sources.list.d', name);
    if (await exists(source)) await symlink(source, join(folder, 'sources', name));
  }
  if (release === 'newest') {
    await rm(join(folder, 'sources'), { recursive: true });
    await mkdir(join(folder, 'sources'));
    await writeFile(join(folder, 'sources', 'newest.sources'), await newestSource());
    // As if nothing were installed: so nothing of this machine is used.
    await writeFile(join(folder, 'status'), '');
  }
  const everything =
    release === 'newest'
      ? await writeConfig(folder, 'all', join(folder, 'sources'), join(folder, 'status'))
      : await writeConfig(folder, 'all', '/etc/apt/sources.list.d');
  const distribution =
    release === 'newest' ? everything : await writeConfig(folder, 'distribution', join(folder, 'sources'));
  let inUse = distribution;

  return {
    async update(sources) {
      inUse = sources === 'all' ? everything : distribution;
      return (await run(inUse, ['update'], { timeoutSeconds: 60 })).problem;
    },
    async plan(name) {
      const answer = await run(inUse, ['--simulate', 'install', name]);
      if (!answer.ok) return answer.problem;
      const lines = answer.stdout.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) /gm);
      return [...lines].flatMap(([, found, version]) => (found && version ? [{ name: found, version }] : []));
    },
    download(packages, into) {
      const wanted = packages.map(({ name, version }) => `${name}=${version}`);
      return run(inUse, ['download', ...wanted], { cwd: into, timeoutSeconds: 180 });
    },
  };
}

function run(config: string, args: string[], options: { cwd?: string; timeoutSeconds?: number } = {}) {
  // Messages are matched and shown, so they must not depend on the user's language.
  return capture('apt-get', ['-c', config, ...args], {
    timeoutSeconds: 30,
    ...options,
    env: { LC_ALL: 'C' },
  });
}

async function writeConfig(
  folder: string,
  name: string,
  sourceParts: string,
  status?: string,
): Promise<string> {
  const path = join(folder, `${name}.conf`);
  const settings = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': status ?? '/var/lib/dpkg/status',
    ...(status && { 'Dir::Etc::sourcelist': '/dev/null' }),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourceparts': sourceParts,
    // Else apt as root would switch to a user who may not write here.
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': 'false',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '8',
    'Acquire::https::Timeout': '8',
    'Debug::NoLocking': 'true',
  };
  // Hooks belong to the machine's own apt: they clean its caches and index its packages.
  const hooks = ['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'];
  const lines = [
    ...hooks.map((hook) => `#clear ${hook};`),
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";`),
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

/** `debian-12-amd64`: what an unpacked package depends on. Null on a host without apt and dpkg. */
export async function platformKey(): Promise<string | null> {
  const [architecture, apt] = await Promise.all([
    capture('dpkg', ['--print-architecture']),
    capture('apt-get', ['--version']),
  ]);
  if (!architecture.ok || !apt.ok) return null;
  const release = await readFile('/etc/os-release', 'utf8');
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(release)?.[1];
  const version = field('VERSION_ID') ?? field('VERSION_CODENAME') ?? 'rolling';
  return basename(`${field('ID') ?? 'linux'}-${version}-${architecture.stdout.trim()}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
