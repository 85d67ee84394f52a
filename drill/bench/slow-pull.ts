/**
 * A large image from a slow registry: how long the host's "prepare" keeps the agent, when the new image is ready, and how
 * long a start takes while it is being pulled, compared with one in the same run while nothing is. Needs Docker.
 * `npm run bench:pull`
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hostScripts, linesOf } from '../../lib/host/script.ts';
import { createHost } from '../host/host.ts';
import { readArguments, wholeNumber } from '../kit/arguments.ts';
import { buildImages, findDocker } from '../kit/docker.ts';
import { DrillError } from '../kit/errors.ts';
import { listen } from '../kit/http.ts';
import { type CommonOptions, type ProgramTools, runProgram } from '../kit/program.ts';
import { freePorts } from '../kit/tcp-ports.ts';
import { apiFolder } from '../stage/rehearsed.ts';
import { spread } from './rows.ts';

const runs = 5;
const megabyte = 1024 * 1024;
const service = `pull-${process.pid}`;
const run = promisify(execFile);

interface Options extends CommonOptions {
  readonly mebibytes: number;
  readonly perSecond: number;
}

async function bench(
  { mebibytes, perSecond }: Options,
  { processes, timeline, workDir }: ProgramTools,
): Promise<number> {
  const say = (line: string) => timeline.add('drill', line);
  const docker = await findDocker();
  if (!docker) throw new DrillError('no Docker daemon can be reached; start one and run this again');
  const [small, large] = [`failover-bench-small:${process.pid}`, `failover-bench-large:${process.pid}`];
  say("builds the service's image, and a copy of it that is larger");
  const built = await buildImages(docker, apiFolder, [small]);
  processes.onCleanup('images', built.remove);
  const folder = join(workDir, 'large');
  mkdirSync(folder);
  const file = openSync(join(folder, 'large'), 'w');
  ftruncateSync(file, mebibytes * megabyte);
  closeSync(file);
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${small}\nCOPY large /large\n`);
  const env = { ...process.env, DOCKER_BUILDKIT: '0' };
  await run(docker.command, ['build', '--quiet', '--tag', large, folder], { env });
  const saved = join(workDir, 'saved');
  mkdirSync(saved);
  await run('sh', ['-c', 'docker save "$1" | tar -x -C "$2"', '-', large, saved]);
  await run(docker.command, ['image', 'rm', '--force', large]);
  const registry = await serveImage(saved, perSecond * megabyte);
  processes.onCleanup('registry', registry.stop);
  const remote = `127.0.0.1:${registry.port}/large:1`;
  processes.onCleanup(
    'the pulled image',
    async () => void (await run(docker.command, ['image', 'rm', '--force', remote]).catch(() => {})),
  );

  // Not the drill's own command of docker, which pulls nothing.
  const command = `#!/bin/sh\nexec ${docker.command} "$@"\n`;
  const host = createHost({
    folder: join(workDir, 'host'),
    docker: command,
    environment: { HOME: process.env.HOME ?? '/' },
    stunnel: undefined,
  });
  processes.onCleanup('host', async () => {
    await run(docker.command, ['rm', '--force', `failover-${service}`]).catch(() => {});
    await host.stop();
  });
  const [port = 0] = await freePorts(1);
  let serial = 0;
  const timed = async (action: string, image: string): Promise<number> => {
    const began = performance.now();
    const ended = await host.run(scriptFor(action, image, port, ++serial), { timeoutSeconds: 600 });
    if (ended.exitCode !== 0) throw new DrillError(`${action} of ${image}: ${ended.stderr.trim()}`);
    return (performance.now() - began) / 1000;
  };
  const starts = async (image: string) => {
    const seconds: number[] = [];
    for (let nth = 0; nth < runs; nth++) {
      seconds.push(await timed('start', image));
      await timed('stop', image);
    }
    return spread(seconds);
  };

  // Without a registry the copy on this host is kept.
  await timed('prepare', small);
  say('starts and stops, while nothing is pulled');
  const alone = await starts(small);
  say(`prepares the image of ${mebibytes} MiB from a registry that gives ${perSecond} MiB/s`);
  const began = performance.now();
  const kept = await timed('prepare', remote);
  const during = await starts(remote);
  const isPulling = !(await isThere(docker.command, remote));
  while (!(await isMadeFrom(docker.command, remote))) {
    if (performance.now() - began > 3_600_000)
      throw new DrillError('the container is not made of it after an hour');
    await delay(500);
  }
  const ready = (performance.now() - began) / 1000;
  const held = isPulling && during.median <= alone.median * 1.5;
  process.stdout.write(`
| | seconds |
|---|---|
| start, nothing pulled: median (worst) of ${runs} | ${alone.median.toFixed(2)} (${alone.worst.toFixed(2)}) |
| start during the pull: median (worst) of ${runs} | ${during.median.toFixed(2)} (${during.worst.toFixed(2)}) |
| "prepare" keeps the agent for | ${kept.toFixed(1)} |
| the container is made of the new image after | ${ready.toFixed(0)} |
| the transfer alone would take | ${(mebibytes / perSecond).toFixed(0)} |

All starts ended while it was being pulled: ${isPulling ? 'yes' : 'no, take a slower registry or a larger image'}.
`);
  return held ? 0 : 1;
}

const isThere = (docker: string, image: string) =>
  run(docker, ['image', 'inspect', image]).then(
    () => true,
    () => false,
  );

async function isMadeFrom(docker: string, image: string): Promise<boolean> {
  const args = ['container', 'inspect', '--format', '{{.Config.Image}}', `failover-${service}`];
  // There is none for a moment, while another takes its place.
  const { stdout } = await run(docker, args).catch(() => ({ stdout: '' }));
  return stdout.trim() === image;
}

/** The script of the host without the link, which needs AWS and takes no part in this. */
function scriptFor(action: string, image: string, port: number, serial: number): string {
  return [
    '#!/bin/bash',
    `ACTION='${action}' EPOCH='1' SERIAL='${serial}' SERVICE='${service}' IMAGE='${image}' LOOPBACK_PORT=${port} CONTAINER_PORT=8080`,
    "HEALTH_PATH='/health' START_TIMEOUT_SECONDS=60 STOP_GRACE_SECONDS=5 HOOK_TIMEOUT_SECONDS=1 LOCK_WAIT_SECONDS=80 PILOT_LIGHT=false",
    "MEMORY=512m CREATE_ARGS=(--env 'SITE=standby' --env 'PORT=8080') COMMAND=() SECRETS=() HOOKS=() PACKAGES_MARKER=",
    ...['prepare', 'apply', 'begin', 'await', 'close'].map((verb) => `${verb}_link() { :; }`),
    'link_answers() { :; }',
    ...hostScripts.filter((name) => name !== 'link.sh').flatMap(linesOf),
  ].join('\n');
}

/** A registry with one image, which `docker save` has written into a folder. Gives so many bytes a second. */
async function serveImage(folder: string, bytesPerSecond: number) {
  const [saved] = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as [
    { Config: string; Layers: string[] },
  ];
  const blobs = new Map<string, string>();
  const describe = async (name: string, mediaType: string) => {
    const file = join(folder, name);
    const digest = `sha256:${await hashOf(file)}`;
    blobs.set(digest, file);
    return { mediaType, size: statSync(file).size, digest };
  };
  const type = 'application/vnd.docker';
  const layers = [];
  for (const name of saved.Layers) layers.push(await describe(name, `${type}.image.rootfs.diff.tar`));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: `${type}.distribution.manifest.v2+json`,
    config: await describe(saved.Config, `${type}.container.image.v1+json`),
    layers,
  });
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const digest = /\/blobs\/(sha256:[0-9a-f]{64})$/.exec(path)?.[1];
    const blob = digest && blobs.get(digest);
    if (path === '/v2/') response.end('{}');
    else if (blob) void give(blob, response, bytesPerSecond);
    else if (path.includes('/manifests/')) {
      const hash = createHash('sha256').update(manifest).digest('hex');
      response.writeHead(200, {
        'Content-Type': `${type}.distribution.manifest.v2+json`,
        'Content-Length': Buffer.byteLength(manifest),
        'Docker-Content-Digest': `sha256:${hash}`,
      });
      response.end(request.method === 'HEAD' ? '' : manifest);
    } else response.writeHead(404).end();
  });
  const port = await listen(server);
  const stop = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { port, stop };
}

async function give(file: string, response: ServerResponse, bytesPerSecond: number): Promise<void> {
  response.writeHead(200, { 'Content-Length': statSync(file).size });
  const began = performance.now();
  let given = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: megabyte })) {
    if (response.destroyed) return;
    response.write(chunk);
    given += (chunk as Buffer).length;
    const early = (given / bytesPerSecond) * 1000 - (performance.now() - began);
    if (early > 0) await delay(early);
  }
  response.end();
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

await runProgram({
  usage: 'npm run bench:pull [-- --mebibytes N (2048)] [--per-second MIB (40)]',
  parse(args) {
    const { mebibytes = '2048', 'per-second': perSecond = '40' } = readArguments(
      args,
      { mebibytes: { type: 'string' }, 'per-second': { type: 'string' } },
      'npm run bench:pull -- --help',
    );
    return {
      help: false,
      mebibytes: wholeNumber('--mebibytes', mebibytes, 100_000),
      perSecond: wholeNumber('--per-second', perSecond, 100_000),
    };
  },
  run: bench,
});
