import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { documentClient, dynamoStateStore } from '../lambda/adapters/dynamodb.ts';
import type { State } from '../lambda/domain/types.ts';
import type { Happening } from './cloud/happenings.ts';
import { type Cloud, startCloud } from './cloud/index.ts';
import { DEFAULT_LATENCIES } from './cloud/latencies.ts';
import { buildImages, type Docker, findDocker, refuseForeignContainers } from './docker.ts';
import { DrillError } from './errors.ts';
import { type ServerChange, startHaproxyLog } from './haproxy-log.ts';
import { Happened } from './happened.ts';
import { createDockerHost, createProcessHost } from './host/docker-command.ts';
import type { StandbyHost } from './host/host.ts';
import { type MailSink, startMailSink } from './mail.ts';
import { findParts, freePorts } from './parts/index.ts';
import type { Processes } from './processes.ts';
import { apiFolder, type ConfigChanges, type Rehearsed, shortened, synthesize } from './rehearsed.ts';
import { type Site, type SiteParts, type SiteVariation, siteParts, startSite } from './site.ts';
import type { Timeline } from './timeline.ts';
import type { Watch } from './watch.ts';

/** Everything a scenario plays on: a site, a stand-in cloud, and what happens on both. */
export interface Stage {
  readonly rehearsed: Rehearsed;
  readonly parts: SiteParts;
  readonly docker: Docker | undefined;
  readonly site: Site;
  readonly cloud: Cloud;
  readonly host: StandbyHost;
  readonly mails: MailSink;
  readonly happenings: Happened<Happening>;
  readonly serverChanges: Happened<ServerChange>;
  /** What the control plane has recorded about the service. */
  state(): Promise<State>;
}

export interface StageOptions {
  readonly configFile: string;
  readonly workDir: string;
  /** What the configuration is changed to besides what every rehearsal changes. */
  readonly changes?: ConfigChanges;
  readonly variation?: SiteVariation;
  /** Whether the stage is set only once the control plane has heard of the primary; true by default. */
  readonly awaitsHeartbeat?: boolean;
}

/** Brings everything up and waits until the primary serves and the control plane has heard of it. */
export async function setStage(
  { configFile, workDir, changes, variation, awaitsHeartbeat = true }: StageOptions,
  processes: Processes,
  timeline: Timeline,
  watch: Watch,
): Promise<Stage> {
  const progress = (line: string) => timeline.add('drill', line);
  const [standbyPort = 0] = await freePorts(1);
  mkdirSync(workDir, { recursive: true });
  progress('synthesizes the CDK app');
  const rehearsed = await synthesize(configFile, workDir, standbyPort, changes);
  progress('looks for HAProxy, Prometheus, Alertmanager and the blackbox exporter');
  const parts = await findParts(siteParts, { progress, mounts: [process.cwd(), workDir] });
  const docker = await findDocker();
  const host = await makeHost(rehearsed, docker, workDir, processes, progress);

  const happenings = new Happened<Happening>();
  const serverChanges = new Happened<ServerChange>();
  const mails = await startMailSink(watch.mail);
  processes.onCleanup('mail', mails.stop);
  const log = await startHaproxyLog(join(workDir, 'haproxy-requests.log'), (change) => {
    watch.serverChange(change);
    serverChanges.add(change);
  });
  processes.onCleanup('haproxy log', log.stop);
  const cloud = await startCloud({
    assembly: rehearsed.assembly,
    workDir,
    host,
    smtpPort: mails.port,
    ...notOfTheStacks(rehearsed),
    onHappening: (happening) => {
      watch.happening(happening);
      happenings.add(happening);
    },
  });
  processes.onCleanup('stand-in cloud', cloud.stop);
  await cloud.prepared;
  const site = await startSite(
    parts,
    {
      serviceName: rehearsed.service.name,
      healthPath: rehearsed.service.healthPath,
      standbyAddress: `127.0.0.1:${standbyPort}`,
      webhookUrl: cloud.webhookUrl,
      token: cloud.token,
      smtpPort: mails.port,
      mailTo: rehearsed.config.emails[0] ?? '',
      logAddress: log.address,
      ...(variation && { variation }),
    },
    workDir,
    processes,
  );
  if (awaitsHeartbeat)
    await happenings.first('the first heartbeat is acknowledged', isAcknowledged, { since: 0, seconds: 30 });
  const state = stateReader(cloud, rehearsed.service.name);
  return { rehearsed, parts, docker, site, cloud, host, mails, happenings, serverChanges, state };
}

const isAcknowledged = (one: Happening) => one.kind === 'webhook-answered' && one.status === 202;

/** What the configuration says is there already, and no stack makes. */
function notOfTheStacks({ config }: Rehearsed) {
  const { instanceId } = config.standby;
  const { tokenSecretArn } = config.webhook;
  const token = `${randomUUID()}${randomUUID()}`;
  return {
    ...(instanceId && { existingInstances: [instanceId] }),
    ...(tokenSecretArn && { existingSecrets: { [tokenSecretArn]: token } }),
  };
}

async function makeHost(
  { assembly, config }: Rehearsed,
  docker: Docker | undefined,
  workDir: string,
  processes: Processes,
  progress: (line: string) => void,
): Promise<StandbyHost> {
  const folder = join(workDir, 'host');
  const images = imagesOf(assembly);
  if (docker) {
    progress(`builds the standby's image in Docker ${docker.version}`);
    await refuseForeignContainers(
      docker,
      config.services.map(({ name }) => `failover-${name}`),
    );
    const built = await buildImages(docker, apiFolder, images);
    processes.onCleanup('images', built.remove);
    return createDockerHost(folder, docker.command);
  }
  const image = {
    folder: apiFolder,
    command: [process.execPath, join(apiFolder, 'server.ts')],
    environment: { BIND_ADDRESS: '127.0.0.1' },
    portVariable: 'PORT',
  };
  return createProcessHost(folder, Object.fromEntries(images.map((name) => [name, image])));
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

function stateReader(cloud: Cloud, service: string): () => Promise<State> {
  const {
    AWS_ENDPOINT_URL,
    AWS_REGION,
    AWS_ACCESS_KEY_ID = '',
    AWS_SECRET_ACCESS_KEY = '',
  } = cloud.operatorEnvironment;
  const client = new DynamoDBClient({
    endpoint: AWS_ENDPOINT_URL,
    region: AWS_REGION,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
  const [table = ''] = cloud.tables;
  const store = dynamoStateStore(documentClient(client), table);
  return async () => (await store.load(service)).value;
}

/** What is real in this drill, what is stood in for, and what was changed for it: in plain words. */
export function describeStage({ parts, docker }: Stage): string[] {
  const named = siteParts.map((name) => `${name} ${parts[name].version}${from[parts[name].source]}`);
  const { stableSeconds, cooldownSeconds, drainSeconds } = shortened;
  return [
    `real        ${named.join(', ')};`,
    `            the Lambda bundles, roles' wiring, event rules, schedule and SSM document that CDK deploys;`,
    `            the sample API${docker ? `, the standby in Docker ${docker.version}` : ''}; e-mail over SMTP`,
    `stood in    AWS itself: API Gateway, Lambda, DynamoDB, SSM, EventBridge, EC2, SNS, Secrets Manager`,
    `            (dispatch to the host takes ${DEFAULT_LATENCIES.dispatchSeconds} s, an event ${DEFAULT_LATENCIES.eventSeconds} s); the mail server`,
    ...(docker
      ? []
      : ['            Docker: no daemon can be reached, so the standby runs as a plain process']),
    `shortened   stable ${stableSeconds} s, cooldown ${cooldownSeconds} s, drain ${drainSeconds} s; detection and dispatch are production's`,
  ];
}

const from = { docker: ' (image)', path: '', package: ' (unpacked package)' } as const;
