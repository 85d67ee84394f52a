import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { capture } from '../kit/capture.ts';
import type { Docker } from '../kit/docker.ts';
import type { Processes } from '../kit/processes.ts';
import { placeInImages } from '../parts/catalogue.ts';
import { findInDocker, pinnedImage } from '../parts/docker.ts';
import { type PartOfSite, type SiteParts, siteParts } from '../parts/of-drill.ts';
import type { Program } from '../parts/program.ts';
import { buildSiteImages } from './site-images.ts';

const run = promisify(execFile);

/** A registry that answers but is slow must not hold up a drill for longer. */
const PULL_SECONDS = 120;

/** The pinned images where a registry or the daemon has them all; else all are built here. */
export async function imagesOfSite(
  docker: Docker,
  processes: Processes,
  progress: (line: string) => void,
): Promise<SiteParts> {
  const found = await Promise.all(siteParts.map(async (name) => [name, await pinned(docker, name)] as const));
  const missing = found.flatMap(([name, program]) =>
    typeof program === 'string' ? [`${name}: ${program}`] : [],
  );
  if (missing.length === 0) return Object.fromEntries(found) as SiteParts;
  progress(`has not all pinned images (${missing[0]})`);
  const nameOf = (name: PartOfSite) => `hybrid-failover-drill-${name}:${process.pid}`;
  const built = buildSiteImages(docker, nameOf, progress);
  processes.onCleanup('images of the site', async () => {
    // Whether it could be built or not: what there is must go.
    await built.catch(() => {});
    const { stdout } = await run(docker.command, ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}']);
    const there = new Set(stdout.split('\n'));
    const made = siteParts.map(nameOf).filter((name) => there.has(name));
    if (made.length > 0) await run(docker.command, ['image', 'rm', '--force', ...made]);
  });
  return built;
}

/** The program in its pinned image, or why it cannot be had. */
async function pinned(docker: Docker, name: PartOfSite): Promise<Program | string> {
  const image = await pinnedImage(placeInImages(name).composeService);
  if ((await capture(docker.command, ['image', 'inspect', image])).ok) return findInDocker(name, []);
  const pull = await capture(docker.command, ['pull', '--quiet', image], { timeoutSeconds: PULL_SECONDS });
  return pull.ok ? findInDocker(name, []) : `${image} cannot be pulled: ${pull.problem}`;
}

/** What runs, and what of it is not as in production. */
export async function describeImages(parts: SiteParts): Promise<string[]> {
  const lines = siteParts.map(async (name) => {
    const image = await pinnedImage(placeInImages(name).composeService);
    const { version, image: used } = parts[name];
    return used === image
      ? `${name} ${version} in ${image}, as in production`
      : `${name} ${version}, this machine's own in an image built here; production has ${image}`;
  });
  const api = `the API from its Dockerfile, on this machine's Node ${process.versions.node} instead of an image of Node`;
  return [...(await Promise.all(lines)), api];
}
