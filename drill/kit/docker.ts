import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { capture } from './capture.ts';
import { DrillError, messageOf } from './errors.ts';
import { createRoot } from './image-root.ts';

const run = promisify(execFile);

/** A Docker daemon that answers. */
export interface Docker {
  /** Path of the client. */
  readonly command: string;
  /** The daemon's version. */
  readonly version: string;
}

/** What the images of the API are based on while a drill runs: this machine's own Node. */
export const baseImage = `hybrid-failover-drill-base:${process.pid}`;

/** Images that were made for a drill; `remove` leaves the daemon as it was. */
export interface BuiltImages {
  remove(): Promise<void>;
}

/** The version of the Docker server, or null where no daemon can be reached. */
export async function dockerVersion(): Promise<string | null> {
  const answer = await capture('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeoutSeconds: 5,
  });
  const version = answer.stdout.trim();
  return answer.ok && version !== '' ? version : null;
}

/** Finds a reachable daemon; undefined without one. */
export async function findDocker(): Promise<Docker | undefined> {
  const version = await dockerVersion();
  if (version === null) return undefined;
  const { stdout } = await run('sh', ['-c', 'command -v docker']);
  return { command: stdout.trim(), version };
}

/**
 * Builds the API's image from its Dockerfile without any registry: the base image is made of this machine's
 * own Node and the libraries it needs.
 * @param contextFolder holds the Dockerfile, which takes its base from the build argument BASE_IMAGE
 * @param names         tags for the image, such as those that the SSM documents name
 * @throws DrillError with the builder's last lines if the build fails
 */
export async function buildImages(
  docker: Docker,
  contextFolder: string,
  names: readonly string[],
): Promise<BuiltImages> {
  const folder = mkdtempSync(join(tmpdir(), 'drill-image-'));
  const remove = async () => {
    const present = await Promise.all([...names, baseImage].map((name) => exists(docker, name)));
    const made = [...names, baseImage].filter((_name, index) => present[index]);
    if (made.length > 0) await run(docker.command, ['image', 'rm', '--force', ...made]);
  };
  try {
    await fillWithNode(folder);
    // The classic builder: the newer one needs a plug-in, and looks for its base images in a registry.
    const env = { ...process.env, DOCKER_BUILDKIT: '0' };
    await run(docker.command, ['build', '--quiet', '--tag', baseImage, folder], { env });
    const tags = names.flatMap((name) => ['--tag', name]);
    await run(
      docker.command,
      ['build', '--quiet', '--build-arg', `BASE_IMAGE=${baseImage}`, ...tags, contextFolder],
      { env },
    );
  } catch (error) {
    await remove();
    const said = (error as { stderr?: string }).stderr?.trim() || messageOf(error);
    throw new DrillError(
      `the standby's image could not be built from ${contextFolder}: ${said.split('\n').slice(-3).join(' ')}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { remove };
}

/** Images that start a container which never gets healthy. */
export interface BrokenImages extends BuiltImages {
  /** The names mean the good images again. */
  repair(): Promise<void>;
}

/** Puts an image in place of built ones that differs only in that its health path answers 500. */
export async function breakImages(docker: Docker, names: readonly string[]): Promise<BrokenImages> {
  const good = `hybrid-failover-drill-good:${process.pid}`;
  const broken = `hybrid-failover-drill-broken:${process.pid}`;
  const tag = async (image: string) => {
    for (const name of names) await run(docker.command, ['tag', image, name]);
  };
  await run(docker.command, ['tag', names[0] ?? '', good]);
  const folder = mkdtempSync(join(tmpdir(), 'drill-image-'));
  try {
    // Any file that is there makes the sample API say so.
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${good}\nENV HEALTH_FAULT_FILE=/usr/local/bin/node\n`);
    const env = { ...process.env, DOCKER_BUILDKIT: '0' };
    await run(docker.command, ['build', '--quiet', '--tag', broken, folder], { env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await tag(broken);
  return {
    repair: () => tag(good),
    async remove() {
      await run(docker.command, ['image', 'rm', '--force', good, broken]);
    },
  };
}

/**
 * Keeps the drill's hands off a machine that is itself a standby: the host's script would replace a
 * container of the same name.
 * @throws DrillError if there is one
 */
export async function refuseForeignContainers(docker: Docker, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const there = await run(docker.command, ['container', 'inspect', name]).then(
      () => true,
      () => false,
    );
    if (!there) continue;
    throw new DrillError(
      `a container ${name} is on this machine already, and the drill would replace it; if it is left over, remove it: docker rm --force ${name}`,
    );
  }
}

async function exists(docker: Docker, image: string): Promise<boolean> {
  return run(docker.command, ['image', 'inspect', image]).then(
    () => true,
    () => false,
  );
}

/** Lays out a file system with nothing but Node in it. */
async function fillWithNode(folder: string): Promise<void> {
  await createRoot(folder).placeProgram(process.execPath, '/usr/local/bin/node');
  // Docker's default PATH already leads to /usr/local/bin; each further line would copy everything once more.
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY root/ /\n');
}
