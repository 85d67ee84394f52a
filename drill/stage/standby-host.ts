import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StandbyHost } from '../cloud/standby-host.ts';
import { createDockerHost, createProcessHost } from '../host/docker-command.ts';
import { breakImages, buildImages, type Docker, findDocker, refuseForeignContainers } from '../kit/docker.ts';
import { DrillError } from '../kit/errors.ts';
import type { Processes } from '../kit/processes.ts';
import type { Program } from '../parts/program.ts';
import { apiFolder, type Rehearsed } from './rehearsed.ts';

/** The host of the standby, and what its containers are made from. */
export interface HostAndImages {
  readonly host: StandbyHost;
  /** Undefined where no daemon can be reached: then the standby runs as a plain process. */
  readonly docker: Docker | undefined;
  /** Makes the images that another assembly names. */
  provide(assembly: Rehearsed['assembly']): Promise<void>;
  /** Puts good images in place of broken ones. */
  repairImages(): Promise<void>;
}

/** @param broken whether the images start a container whose health path answers 500 */
export async function makeHost(
  { assembly, config }: Rehearsed,
  workDir: string,
  broken: boolean,
  stunnel: Program,
  processes: Processes,
  progress: (line: string) => void,
): Promise<HostAndImages> {
  const folder = join(workDir, 'host');
  const images = imagesOf(assembly);
  const docker = await findDocker();
  if (!docker) return processHost(folder, images, broken, stunnel);
  progress(`builds the standby's image in Docker ${docker.version}`);
  await refuseForeignContainers(
    docker,
    config.services.map(({ name }) => `failover-${name}`),
  );
  const building = buildImages(docker, apiFolder, images);
  // Whoever ends the drill meanwhile waits for the build: what it makes would be left behind.
  processes.onCleanup('images', async () => (await building.catch(() => undefined))?.remove());
  await building;
  const host = createDockerHost(folder, docker.command, stunnel);
  const provide = async (next: Rehearsed['assembly']) => {
    const made = await buildImages(docker, apiFolder, imagesOf(next));
    processes.onCleanup('images of the next deployment', made.remove);
  };
  if (!broken) return { host, docker, provide, repairImages: async () => {} };
  const bad = await breakImages(docker, images);
  processes.onCleanup('broken images', bad.remove);
  return { host, docker, provide, repairImages: bad.repair };
}

function processHost(
  folder: string,
  first: readonly string[],
  broken: boolean,
  stunnel: Program,
): HostAndImages {
  // As the Dockerfile builds it.
  const built = join(folder, 'image');
  mkdirSync(built, { recursive: true });
  execFileSync(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    join(apiFolder, 'build.ts'),
    built,
  ]);
  const program = join(built, 'server.mjs');
  const image = (environment: Record<string, string>) => ({
    folder: built,
    command: [process.execPath, program],
    environment: { BIND_ADDRESS: '127.0.0.1', ...environment },
    portVariable: 'PORT',
  });
  const all = (one: ReturnType<typeof image>, names: readonly string[] = first) =>
    Object.fromEntries(names.map((name) => [name, one]));
  // Any file that is there makes the sample API say that it is not healthy.
  const images = all(image(broken ? { HEALTH_FAULT_FILE: program } : {}));
  return {
    host: createProcessHost(folder, images, stunnel),
    docker: undefined,
    async provide(assembly) {
      Object.assign(images, all(image({}), imagesOf(assembly)));
    },
    async repairImages() {
      Object.assign(images, all(image({})));
    },
  };
}

/** The images that the documents run, as they name them. */
function imagesOf(assembly: Rehearsed['assembly']): string[] {
  const texts = assembly
    .ofType('AWS::SSM::Document')
    .map(({ properties }) => JSON.stringify(properties.Content));
  const names = texts.flatMap((text) => /IMAGE='([^']+)'/.exec(text)?.[1] ?? []);
  if (names.length === 0) throw new DrillError('no SSM document of the assembly names an image');
  return [...new Set(names)];
}
