import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { parse } from 'yaml';
import { capture } from '../kit/capture.ts';
import { dockerVersion } from '../kit/docker.ts';
import { catalogue, type PartName } from './catalogue.ts';
import { identify, type Program } from './program.ts';

const composeFile = new URL('../../onprem/compose.yaml', import.meta.url);

/** Label on every container that a part runs in, so that left-overs can be found by their starter's pid. */
const containerLabel = 'hybrid-failover.started-by';

/**
 * Finds a part in the image that onprem/compose.yaml pins, if a daemon on this machine has it already.
 * Images are never pulled: a rehearsal must not depend on a registry, nor wait for one.
 */
export async function findInDocker(name: PartName, mounts: readonly string[]): Promise<Program | string> {
  const { image: place } = catalogue[name];
  if (place === undefined) return 'no service of onprem/compose.yaml runs it';
  if (process.platform !== 'linux') return 'containers share the host network only on Linux';
  const remote = process.env.DOCKER_HOST;
  if (remote !== undefined && remote !== '' && !remote.startsWith('unix://')) {
    return `DOCKER_HOST=${remote} is another machine`;
  }
  if ((await dockerVersion()) === null) return 'no Docker daemon can be reached';
  const image = await pinnedImage(place.composeService);
  const present = await capture('docker', ['image', 'inspect', '--format', '{{.Id}}', image]);
  if (!present.ok) return `the daemon does not have ${image}`;
  const found = await identify(containerised(name, place.path, image, mounts));
  return typeof found === 'string' ? `${image}: ${found}` : found;
}

function containerised(
  name: PartName,
  path: string,
  image: string,
  mounts: readonly string[],
): Omit<Program, 'version'> {
  const { uid, gid } = userInfo();
  const args = ['run', '--rm', '--pull', 'never', '--network', 'host', '--user', `${uid}:${gid}`];
  args.push('--label', `${containerLabel}=${process.pid}`);
  // The same path inside and outside, so that a config written for one reads the same in the other.
  for (const folder of mounts) args.push('--volume', `${folder}:${folder}`);
  args.push('--entrypoint', path);
  return { name, source: 'docker', command: 'docker', args, env: {}, image };
}

/**
 * The image that a service of onprem/compose.yaml runs, with a `${NAME:-default}` taken at its default.
 * Throws when the service has none.
 */
export async function pinnedImage(service: string): Promise<string> {
  const compose: { services?: Record<string, { image?: string }> } = parse(
    await readFile(composeFile, 'utf8'),
  );
  const image = compose.services?.[service]?.image;
  if (image === undefined) throw new Error(`onprem/compose.yaml: service ${service} names no image`);
  return image.replace(/\$\{\w+:?-([^}]*)\}/g, '$1');
}
