import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Docker } from '../kit/docker.ts';
import { DrillError } from '../kit/errors.ts';
import type { Processes } from '../kit/processes.ts';
import { freePorts } from '../kit/tcp-ports.ts';
import { placeInImages } from '../parts/catalogue.ts';
import type { PartOfSite, SiteParts } from '../parts/of-drill.ts';
import { repository } from '../site/files.ts';
import type { Site, SiteSettings } from '../site/site.ts';
import { bringUp } from './bring-up.ts';
import { type Compose, createProject, type Project } from './command.ts';
import { containerLife } from './container.ts';
import { local, writeSiteFiles } from './environment.ts';
import { type ContainerEvent, followEvents, followLines } from './events.ts';
import { reachFromContainers } from './reach.ts';

const run = promisify(execFile);

/** A site in containers, as an operator has it. */
export interface ComposeSite extends Site {
  readonly project: Project;
  /** Container ids by service. */
  readonly containers: ReadonlyMap<string, string>;
}

/** What a site in containers is made with. */
export interface ComposeSiteOptions {
  readonly docker: Docker;
  readonly compose: Compose;
  /** The image of each part. */
  readonly parts: SiteParts;
  readonly onEvent: (event: ContainerEvent) => void;
}

/** Brings up the shipped compose file with an .env of the drill's, and waits until everything in it is healthy. */
export async function startComposeSite(
  { docker, compose, parts, onEvent }: ComposeSiteOptions,
  settings: SiteSettings,
  workDir: string,
  processes: Processes,
): Promise<ComposeSite> {
  const folder = join(workDir, 'site');
  const [stats = 0, prometheus = 0, alertmanager = 0] = await freePorts(3);
  const apiImage = `localhost/hybrid-failover-api:drill-${process.pid}`;
  const place = { apiImage, stats, prometheus, alertmanager };
  const reach = await reachFromContainers(docker, processes);
  const project = createProject(compose, {
    name: `hybrid-failover-drill-${process.pid}`,
    composeFile: join(repository, 'onprem/compose.yaml'),
    envFile: await writeSiteFiles(settings, parts, place, reach, folder),
  });
  processes.onCleanup('compose project', async () => {
    await project.run('down', '--volumes', '--remove-orphans', '--timeout', '5');
    await removeImage(docker, apiImage);
  });
  const events = followEvents(docker, project.name, onEvent);
  processes.onCleanup('docker events', events.stop);
  const containers = await bringUp(docker, project, events);

  const idOf = (service: string) => containers.get(service) ?? '';
  processes.onCleanup('log of haproxy', passOnLog(docker, idOf('haproxy'), settings.logAddress));
  const primaryLog = join(folder, 'primary.log');
  const startLife = async () => {
    processes.onCleanup('log of api', writeLog(docker, idOf('api'), primaryLog));
    return containerLife(docker, events, 'api', idOf('api'));
  };
  let primary = await startLife();
  const tell = async (command: 'kill' | 'start', part: PartOfSite) => {
    await run(docker.command, [command, idOf(placeInImages(part).composeService)]);
  };
  return {
    project,
    containers,
    serviceUrl: `http://${local(settings.servicePort)}/`,
    statsUrl: `http://${local(stats)}/`,
    prometheusUrl: `http://${local(prometheus)}/`,
    alertmanagerUrl: `http://${local(alertmanager)}/`,
    secondAlertmanagerUrl: undefined,
    // Only HAProxy and the probe can reach it.
    primaryUrl: 'http://api:8080/',
    primaryLog,
    primary: () => primary,
    async startPrimary() {
      if (primary.isRunning()) throw new DrillError('the primary is running already');
      await run(docker.command, ['start', idOf('api')]);
      primary = await startLife();
    },
    kill: (part) => tell('kill', part),
    start: (part) => tell('start', part),
  };
}

/** Sends each line of a container's log to a syslog port. */
function passOnLog(docker: Docker, id: string, address: string): () => Promise<void> {
  const [host = '', port] = address.split(':');
  const socket = createSocket('udp4');
  const stop = followLines(docker, ['logs', '--follow', id], (line) => socket.send(line, Number(port), host));
  return async () => {
    await stop();
    socket.close();
  };
}

/** Writes a container's log to a file, from its beginning until the container ends. */
function writeLog(docker: Docker, id: string, file: string): () => Promise<void> {
  const output = openSync(file, 'w');
  const stop = followLines(docker, ['logs', '--follow', id], (line) => void writeSync(output, `${line}\n`));
  return async () => {
    await stop();
    closeSync(output);
  };
}

async function removeImage(docker: Docker, image: string): Promise<void> {
  const { stdout } = await run(docker.command, ['image', 'ls', '--quiet', image]);
  if (stdout.trim() !== '') await run(docker.command, ['image', 'rm', '--force', image]);
}
