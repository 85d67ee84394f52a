import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { output } from '../../lambda/contract/names.ts';
import type { Entry } from '../../lambda/domain/history.ts';
import type { Policy } from '../../lambda/domain/policy.ts';
import { commandOf, type State } from '../../lambda/domain/state.ts';
import type { Happening } from '../cloud/happenings.ts';
import { type Cloud, startCloud } from '../cloud/index.ts';
import { DEFAULT_LATENCIES, type Latencies } from '../cloud/latencies.ts';
import type { StandbyHost } from '../cloud/standby-host.ts';
import type { Docker } from '../kit/docker.ts';
import { DrillError } from '../kit/errors.ts';
import { Happened } from '../kit/event-log.ts';
import { certificateIn, type KeyPair, makeKeyPair } from '../kit/key-pair.ts';
import { type MailSink, startMailSink } from '../kit/mail-sink.ts';
import type { Processes } from '../kit/processes.ts';
import { type Link, startLink } from '../kit/relay.ts';
import { releasePorts, steadyPorts } from '../kit/tcp-ports.ts';
import type { Timeline } from '../kit/timeline.ts';
import { type Parts, partsOfDrill } from '../parts/of-drill.ts';
import { type ServerChange, startHaproxyLog } from '../site/haproxy-log.ts';
import { type Site, type SiteMaker, type SiteVariation, startSite } from '../site/site.ts';
import { withPolicy } from './policy.ts';
import { recordsOf } from './records.ts';
import { type ConfigChanges, type Rehearsed, secretArn, synthesize } from './rehearsed.ts';
import { makeHost } from './standby-host.ts';
import type { Watch } from './watch.ts';

/** Everything a scenario plays on: a site, a stand-in cloud, and what happens on both. */
export interface Stage {
  /** What is deployed now. */
  readonly rehearsed: Rehearsed;
  readonly latencies: Latencies;
  readonly parts: Parts;
  readonly docker: Docker | undefined;
  readonly site: Site;
  /** How the site proves to the standby who it is. */
  readonly siteKeyPair: KeyPair;
  /** The line between Alertmanager and the webhook, if it was asked for one that can be cut. */
  readonly link: Link | undefined;
  /** The line on which the site wakes the standby. */
  readonly line: Link;
  readonly cloud: Cloud;
  readonly host: StandbyHost;
  readonly mails: MailSink;
  readonly happenings: Happened<Happening>;
  readonly serverChanges: Happened<ServerChange>;
  /** What the control plane has recorded about the service. */
  state(): Promise<State>;
  /** What it has recorded of the past, oldest first. */
  history(): Promise<Entry[]>;
  /**
   * Deploys another configuration over the one that is there.
   * @param isImagePublished whether Amazon has published another machine image since
   */
  redeploy(changes: ConfigChanges, isImagePublished?: boolean): Promise<{ readonly prepared: Promise<void> }>;
  /** Of a stage that was set with broken images. */
  repairImages(): Promise<void>;
}

export interface StageOptions {
  readonly configFile: string;
  readonly workDir: string;
  /** What the configuration is changed to besides what every rehearsal changes. */
  readonly changes?: ConfigChanges;
  /** How the site is made; of programs on this machine without it. */
  readonly site?: SiteMaker;
  readonly variation?: SiteVariation;
  readonly latencies?: Partial<Latencies>;
  /** What the functions are told of the policy instead of what the assembly says. */
  readonly derived?: Partial<Policy>;
  /** Whether the line between Alertmanager and the webhook can be cut. */
  readonly canBeCut?: boolean;
  /** How long the line and the way to the standby take in each direction, in milliseconds; 0 by default. */
  readonly delayMs?: number;
  /** Whether the standby's image starts a container that never gets healthy. */
  readonly brokenImages?: boolean;
  /** What the secrets of the service hold, by name (`changes.secrets`). */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Whether the stage is set only once the control plane has heard of the primary; true by default. */
  readonly awaitsHeartbeat?: boolean;
}

/** Brings everything up and waits until the primary serves and the control plane has heard of it. */
export async function setStage(
  options: StageOptions,
  processes: Processes,
  timeline: Timeline,
  watch: Watch,
): Promise<Stage> {
  const { configFile, workDir, changes, variation, brokenImages = false, awaitsHeartbeat = true } = options;
  const maker = options.site ?? ofPrograms;
  const progress = (line: string) => timeline.add('drill', line);
  const ownPorts = await steadyPorts(5);
  processes.onCleanup('ports', async () => releasePorts(ownPorts));
  const [standbyPort = 0, servicePort = 0, loopbackPort = 0, publicPort = 0, linePort = 0] = ownPorts;
  mkdirSync(workDir, { recursive: true });
  progress('synthesizes the CDK app');
  const ports = {
    standby: standbyPort,
    service: servicePort,
    loopback: loopbackPort,
    public: publicPort,
    line: linePort,
  };
  const synthesized = synthesize(configFile, workDir, ports, changes);
  // What still writes into the work folder must end before that is removed.
  processes.onCleanup('assembly', async () => void (await synthesized.catch(() => {})));
  progress('looks for HAProxy, Prometheus, Alertmanager, the blackbox exporter and stunnel');
  const found = maker.find(progress, [process.cwd(), workDir]);
  const pair = makeKeyPair('site', workDir);
  const [first, parts, siteKeyPair] = await Promise.all([synthesized, found, pair]);
  let rehearsed = first;
  const { host, docker, provide, repairImages } = await makeHost(
    rehearsed,
    workDir,
    brokenImages,
    parts.stunnel,
    processes,
    progress,
  );

  const happenings = new Happened<Happening>();
  const serverChanges = new Happened<ServerChange>();
  const mails = await startMailSink(watch.mail);
  processes.onCleanup('mail', mails.stop);
  const log = await startHaproxyLog(join(workDir, 'haproxy-requests.log'), (change) => {
    watch.serverChange(change);
    serverChanges.add(change);
  });
  processes.onCleanup('haproxy log', log.stop);
  const latencies = { ...DEFAULT_LATENCIES, ...options.latencies };
  const cloud = await startCloud({
    assembly: rehearsed.assembly,
    workDir,
    host,
    smtpPort: mails.port,
    latencies,
    environment: (given) => withPolicy(given, options.derived),
    ...(await notOfTheStacks(rehearsed, siteKeyPair, workDir, options.secrets)),
    onHappening: (happening) => {
      watch.happening(happening);
      happenings.add(happening);
    },
  });
  processes.onCleanup('stand-in cloud', cloud.stop);
  const link = options.canBeCut ? await startLink(Number(new URL(cloud.webhookUrl).port)) : undefined;
  if (link) processes.onCleanup('link', link.stop);
  const distance = { delayMs: options.delayMs ?? 0 };
  const line = await startLink(linePort, distance);
  processes.onCleanup('line', line.stop);
  const way = options.delayMs ? await startLink(standbyPort, distance) : undefined;
  if (way) processes.onCleanup('way to the standby', way.stop);
  const site = await maker.start(
    parts,
    {
      serviceName: rehearsed.service.name,
      healthPath: rehearsed.service.healthPath,
      servicePort,
      standbyAddress: `127.0.0.1:${way?.port ?? standbyPort}`,
      lineAddress: `127.0.0.1:${line.port}`,
      siteKeyPair,
      standbyCertificate: cloud.prepared.then(() => publishedCertificate(rehearsed, cloud, happenings)),
      webhookUrl: link
        ? `http://127.0.0.1:${link.port}${new URL(cloud.webhookUrl).pathname}`
        : cloud.webhookUrl,
      token: cloud.token,
      smtpPort: mails.port,
      mailTo: rehearsed.config.emails[0] ?? '',
      logAddress: log.address,
      ...(variation && { variation }),
    },
    workDir,
    processes,
  );
  const records = recordsOf(cloud);
  const { name } = rehearsed.service;
  if (awaitsHeartbeat) {
    await happenings.first('the first heartbeat is acknowledged', isAcknowledged, { since: 0, seconds: 30 });
    await comesToRest(() => records.state(name));
  }
  let deployments = 1;
  return {
    get rehearsed() {
      return rehearsed;
    },
    async redeploy(more, isImagePublished = false) {
      const next = { after: rehearsed.assembly, number: ++deployments, isImagePublished };
      progress('synthesizes the CDK app again, with changes');
      const merged = {
        ...changes,
        ...more,
        policy: { ...changes?.policy, ...more.policy },
        service: { ...changes?.service, ...more.service },
      };
      rehearsed = await synthesize(configFile, workDir, ports, merged, next);
      await provide(rehearsed.assembly);
      progress('deploys it over what is there');
      return cloud.redeploy(rehearsed.assembly);
    },
    latencies,
    parts,
    docker,
    site,
    siteKeyPair,
    link,
    line,
    cloud,
    host,
    mails,
    happenings,
    serverChanges,
    state: () => records.state(name),
    history: () => records.history(name),
    repairImages,
  };
}

const ofPrograms: SiteMaker = { find: partsOfDrill, start: startSite };

/** After its first heartbeat the control plane looks at the host: what it does then would be in the way. */
async function comesToRest(state: () => Promise<State>): Promise<void> {
  const deadline = Date.now() + REST_SECONDS * 1000;
  for (;;) {
    const now = await state();
    const isAtRest = now.why === 'primary-healthy' && commandOf(now) === undefined;
    if (isAtRest && now.inspectedAt !== undefined) return;
    // A host that sleeps is not looked at, and whatever else keeps it is for the scenario to find.
    if (Date.now() > deadline) return;
    await delay(POLL_MS);
  }
}

const REST_SECONDS = 5;
const POLL_MS = 100;

const isAcknowledged = (one: Happening) => one.kind === 'webhook-answered' && one.status === 202;

/** What is there already, and no stack makes: by the configuration, and by `failover site init`. */
async function notOfTheStacks(
  { config, assembly }: Rehearsed,
  site: KeyPair,
  workDir: string,
  secrets: Readonly<Record<string, string>> = {},
) {
  const { instanceId } = config.standby;
  const { tokenSecretArn } = config.webhook;
  const token = `${randomUUID()}${randomUUID()}`;
  const siteParameter = assembly.outputs[output.siteCertificateParameter] ?? '';
  return {
    existingParameters: { [siteParameter]: site.certificate },
    ...(instanceId && { existingInstances: [instanceId] }),
    ...(tokenSecretArn && { existingSecrets: { [tokenSecretArn]: token } }),
    otherSecrets: {
      ...Object.fromEntries(
        Object.entries(secrets).map(([name, value]) => [secretArn(config.region, name), value]),
      ),
      ...(config.dns && {
        [config.dns.certificateSecretArn]: (await makeKeyPair(config.dns.recordName, workDir)).pem,
      }),
    },
  };
}

/** What `failover site init` writes down on the site. */
function publishedCertificate(
  { assembly }: Rehearsed,
  cloud: Cloud,
  happenings: Happened<Happening>,
): string {
  const parameter = assembly.outputs[output.standbyCertificateParameter] ?? '';
  const certificate = certificateIn(cloud.parameters.get(parameter) ?? '');
  if (certificate) return certificate;
  const said = happenings.all.flatMap((one) =>
    one.kind === 'script-ended' ? (one.output?.trim() ?? []) : [],
  );
  throw new DrillError(
    `the host published no certificate when it was prepared; it said:\n${said.join('\n')}`,
  );
}
