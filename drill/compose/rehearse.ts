import { type Docker, findDocker } from '../kit/docker.ts';
import { DrillError } from '../kit/errors.ts';
import type { Processes } from '../kit/processes.ts';
import type { Timeline } from '../kit/timeline.ts';
import { findParts } from '../parts/find.ts';
import { describeStage } from '../report/facts.ts';
import { crashAndReturn } from '../scenarios/api-crash.ts';
import { createTools } from '../scenarios/support/tools.ts';
import { check, lostNothing } from '../scenarios/support/verdicts.ts';
import type { SiteMaker } from '../site/site.ts';
import { type Stage, setStage } from '../stage/stage.ts';
import type { Watch } from '../stage/watch.ts';
import type { Check } from '../verify/check.ts';
import { checkEnd } from '../verify/checks.ts';
import type { Measured } from '../verify/measured.ts';
import { services } from './bring-up.ts';
import { type Compose, findCompose } from './command.ts';
import type { ContainerEvent } from './events.ts';
import { checkHardening } from './hardening.ts';
import { describeImages, imagesOfSite } from './images.ts';
import { checkIsolation, checkPages } from './isolation.ts';
import type { Options } from './options.ts';
import { type ComposeSite, startComposeSite } from './site.ts';

/** What came of it. */
export interface Rehearsal {
  readonly stage: Stage;
  readonly compose: Compose;
  /** What ran, in plain words. */
  readonly images: readonly string[];
  readonly measured: Measured;
  readonly checks: readonly Check[];
}

/** What it is played with. */
interface Context {
  readonly workDir: string;
  readonly processes: Processes;
  readonly timeline: Timeline;
  readonly watch: Watch;
  readonly print: (line: string) => void;
}

/** Brings up the compose file and a cloud around it, breaks the primary, and looks at the world afterwards. */
export async function rehearse(options: Options, context: Context): Promise<Rehearsal> {
  const { workDir, processes, timeline, watch, print } = context;
  const docker = await dockerHere();
  const compose = await findCompose();
  timeline.add('drill', `finds Docker ${docker.version} and Compose ${compose.version} (${called(compose)})`);
  let site: ComposeSite | undefined;
  const maker: SiteMaker = {
    async find(progress) {
      // On the standby's host, which is this machine.
      const { stunnel } = await findParts(['stunnel'], { progress, outsideDocker: true });
      return { ...(await imagesOfSite(docker, processes, progress)), stunnel };
    },
    async start(parts, settings, folder, all) {
      timeline.add('drill', 'brings up onprem/compose.yaml');
      site = await startComposeSite(
        { docker, compose, parts, onEvent: tellEvents(timeline) },
        settings,
        folder,
        all,
      );
      return site;
    },
  };
  const stage = await setStage(
    { configFile: options.configFile, workDir, site: maker },
    processes,
    timeline,
    watch,
  );
  if (!site) throw new Error('the stage was set without its site');
  const images = await describeImages(stage.parts);
  for (const line of ['', ...describeStage(stage), ...images.map((one) => `images      ${one}`), ''])
    print(line);
  const before = await checkSite(docker, site, 'before');
  const { requestsPerSecond } = options;
  const measured = await crashAndReturn(stage, createTools(stage, { ...context, requestsPerSecond }));
  const after = await checkSite(docker, site, 'after');
  const [lost] = lostNothing(measured.requests);
  const checks = [...before, ...(await checkEnd(stage, measured)), ...(lost ? [lost] : []), ...after];
  return { stage, compose, images, measured, checks };
}

/** Containers and the rest of the drill must reach each other. */
async function dockerHere(): Promise<Docker> {
  const { DOCKER_HOST: host = '' } = process.env;
  if (process.platform !== 'linux' || !/^(unix:|$)/.test(host))
    throw new DrillError(
      `the drill runs on ${process.platform} with DOCKER_HOST="${host}"; expected Linux and a daemon on this machine; unset DOCKER_HOST, or run it there`,
    );
  const docker = await findDocker();
  if (docker) return docker;
  throw new DrillError(
    'no Docker daemon can be reached, and this drill is about its containers; start one, and see that "docker info" answers',
  );
}

const called = ({ command, args }: Compose) => [command, ...args].join(' ');

async function checkSite(docker: Docker, site: ComposeSite, when: 'before' | 'after') {
  const { project, containers } = site;
  const healthy = (await project.run('ps')).split('(healthy)').length - 1;
  const all = check(
    `Compose has everything healthy ${when} the moves`,
    healthy === services.length,
    `${healthy} of ${services.length}`,
  );
  if (when === 'after') return [all];
  return [
    all,
    ...(await checkHardening(docker, containers)),
    await checkIsolation(docker, containers),
    await checkPages([site.statsUrl, `${site.prometheusUrl}-/ready`, `${site.alertmanagerUrl}-/ready`]),
  ];
}

function tellEvents(timeline: Timeline): (event: ContainerEvent) => void {
  const words = { start: 'starts', die: 'ends', healthy: 'is healthy', unhealthy: 'is unhealthy' } as const;
  return ({ at, service, what }) => {
    const isGood = what === 'healthy' || what === 'start';
    timeline.add('docker', `${service} ${words[what]}`, { at, tone: isGood ? 'plain' : 'bad' });
  };
}
