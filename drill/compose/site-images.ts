import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Docker } from '../kit/docker.ts';
import { createRoot, type Root } from '../kit/image-root.ts';
import { catalogue, placeInImages } from '../parts/catalogue.ts';
import { findParts } from '../parts/find.ts';
import { type PartOfSite, type SiteParts, siteParts } from '../parts/of-drill.ts';
import type { Program } from '../parts/program.ts';
import { inRelocated, relocatedScript } from '../parts/relocate.ts';

const run = promisify(execFile);

/** What of busybox the pinned images have too, and the compose file uses. */
const commands = ['sh', 'awk', 'cat', 'mv', 'wget'] as const;

/**
 * Builds an image for each program of a site out of this machine's own, FROM scratch: what a machine without
 * a registry has instead of the pinned ones. The program is where it is in the pinned image.
 * @param nameOf   the image's name
 * @param progress told what takes time
 * @returns the programs, with the images that they are in
 */
export async function buildSiteImages(
  docker: Docker,
  nameOf: (part: PartOfSite) => string,
  progress: (line: string) => void,
): Promise<SiteParts> {
  const found = await findParts([...siteParts, 'busybox'], { progress, outsideDocker: true });
  const { busybox, ...parts } = found;
  progress(`builds images from ${siteParts.map((name) => `${name} ${parts[name].version}`).join(', ')}`);
  const built = siteParts.map(async (name) => {
    const image = nameOf(name);
    await build(docker, parts[name], busybox, image);
    return [name, inImage(docker, parts[name], image)] as const;
  });
  // All must have ended before anybody can clean up after them.
  const settled = await Promise.allSettled(built);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return Object.fromEntries(await Promise.all(built)) as SiteParts;
}

async function build(docker: Docker, program: Program, busybox: Program, image: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'drill-image-'));
  try {
    const root = createRoot(folder);
    await placePart(root, program);
    await root.placeProgram(busybox.command, '/bin/busybox', busybox.env);
    for (const command of commands) root.link(`/bin/${command}`, 'busybox');
    // The file system comes last: each later step would copy it once more.
    writeFileSync(join(folder, 'Dockerfile'), `FROM scratch\n${entrypoint(program)}COPY root/ /\n`);
    const env = { ...process.env, DOCKER_BUILDKIT: '0' };
    await run(docker.command, ['build', '--quiet', '--tag', image, folder], { env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As in the pinned images; that of HAProxy runs whatever command it is given. */
function entrypoint({ name }: Program): string {
  return name === 'haproxy' ? '' : `ENTRYPOINT ["${placeInImages(name).path}"]\n`;
}

async function placePart(root: Root, program: Program): Promise<void> {
  const { compiledIn } = catalogue[program.name];
  const { path: imagePath } = placeInImages(program.name);
  if (compiledIn === undefined) return root.placeProgram(program.command, imagePath, program.env);
  const executable = `${imagePath}.real`;
  const { folder, executable: source } = inRelocated(program) ?? {
    folder: compiledIn,
    executable: program.command,
  };
  await root.placeProgram(source, executable, program.env);
  root.place(folder, compiledIn);
  root.writeScript(imagePath, relocatedScript(executable, compiledIn));
}

function inImage(docker: Docker, { name, version }: Program, image: string): Program {
  const args = ['run', '--rm', '--entrypoint', placeInImages(name).path];
  return { name, version, source: 'docker', command: docker.command, args, env: {}, image };
}
