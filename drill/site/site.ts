import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DrillError } from '../kit/errors.ts';
import type { KeyPair } from '../kit/key-pair.ts';
import { isListening, type Processes, type Supervised } from '../kit/processes.ts';
import { freePorts, releasePorts } from '../kit/tcp-ports.ts';
import type { PartOfSite, Parts, SiteParts } from '../parts/of-drill.ts';
import { invocation } from '../parts/program.ts';
import { argumentsOf, render, repository, withSecondAlertmanager } from './files.ts';

/** Where a site is meant to differ from production, to be compared with it. */
export interface SiteVariation {
  /** Added to the site's environment, or in place of what is there. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Added to the primary's environment. */
  readonly primaryEnvironment?: Readonly<Record<string, string>>;
  /** Paths of config files that take the place of the shipped ones. */
  readonly files?: Readonly<Partial<Record<'haproxy.cfg' | 'prometheus.yml' | 'alertmanager.yml', string>>>;
  /** A second Alertmanager that knows nothing of the first: everything is delivered twice. */
  readonly twoAlertmanagers?: boolean;
}

/** What the site needs to know of the rest of the world. */
export interface SiteSettings {
  readonly serviceName: string;
  readonly healthPath: string;
  /** Where clients reach the service. */
  readonly servicePort: number;
  readonly standbyAddress: string;
  /** Where the host of the standby is called, to wake it. */
  readonly lineAddress: string;
  readonly siteKeyPair: KeyPair;
  /** PEM; there when the standby's host has been prepared. */
  readonly standbyCertificate: Promise<string>;
  readonly webhookUrl: string;
  readonly token: string;
  readonly smtpPort: number;
  readonly mailTo: string;
  /** Where HAProxy sends its log. */
  readonly logAddress: string;
  readonly variation?: SiteVariation;
}

/** A running site: the primary, HAProxy in front of it, and the monitoring. */
export interface Site {
  readonly serviceUrl: string;
  readonly statsUrl: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /** Undefined unless there are two. */
  readonly secondAlertmanagerUrl: string | undefined;
  readonly primaryUrl: string;
  /** What stands for onprem/: a folder with its secrets, and the variables of its .env. */
  readonly bundle?: { readonly folder: string; readonly environment: Readonly<Record<string, string>> };
  /** Execution records of all lives of the primary. */
  readonly primaryLog: string;
  primary(): Supervised;
  /** Starts the primary again; it must not be running. */
  startPrimary(): Promise<void>;
  /** Ends a part at once (SIGKILL). */
  kill(part: PartOfSite): Promise<void>;
  /** Starts a part again that was killed, with what it had kept on disk. */
  start(part: PartOfSite): Promise<void>;
}

/** A way to make a site: what it is made of, and how it is brought up once the rest of the world is there. */
export interface SiteMaker {
  /** @param mounts folders that the parts must see */
  find(progress: (line: string) => void, mounts: readonly string[]): Promise<Parts>;
  start(parts: SiteParts, settings: SiteSettings, workDir: string, processes: Processes): Promise<Site>;
}

/** Brings up the site from the files that production uses, on free loopback ports. */
export async function startSite(
  parts: SiteParts,
  settings: SiteSettings,
  workDir: string,
  processes: Processes,
): Promise<Site> {
  const { variation = {} } = settings;
  const folder = join(workDir, 'site');
  mkdirSync(folder, { recursive: true });
  const service = settings.servicePort;
  const ports = await freePorts(7);
  processes.onCleanup('ports of the site', async () => releasePorts(ports));
  const [stats, metrics, primary, prometheus, alertmanager, blackbox, second] = ports;
  const local = (port: number | undefined) => `127.0.0.1:${port}`;
  const tokenFile = join(folder, 'webhook_token');
  writeFileSync(tokenFile, settings.token, { mode: 0o600 });
  const siteCertificateFile = join(folder, 'site.pem');
  writeFileSync(siteCertificateFile, settings.siteKeyPair.pem, { mode: 0o600 });
  const standbyCertificateFile = join(folder, 'standby.crt');
  // It may fail before HAProxy waits for it, and then fails that.
  settings.standbyCertificate.catch(() => {});
  const environment = {
    SERVICE_NAME: settings.serviceName,
    SERVICE_BIND: local(service),
    STATS_BIND: local(stats),
    METRICS_BIND: local(metrics),
    PRIMARY_ADDRESS: local(primary),
    STANDBY_ADDRESS: settings.standbyAddress,
    STANDBY_LINE_ADDRESS: settings.lineAddress,
    SITE_CERTIFICATE_FILE: siteCertificateFile,
    STANDBY_CERTIFICATE_FILE: standbyCertificateFile,
    HEALTH_PATH: settings.healthPath,
    HAPROXY_LOG: settings.logAddress,
    HAPROXY_LOG_FORMAT: 'rfc3164',
    HAPROXY_METRICS_ADDRESS: local(metrics),
    BLACKBOX_ADDRESS: local(blackbox),
    ALERTMANAGER_ADDRESS: local(alertmanager),
    PROMETHEUS_ADDRESS: local(prometheus),
    PROMETHEUS_RULES: join(repository, 'monitoring/rules/*.yml'),
    PRIMARY_HEALTH_URL: `http://${local(primary)}${settings.healthPath}`,
    FAILOVER_WEBHOOK_URL: settings.webhookUrl,
    WEBHOOK_TOKEN_FILE: tokenFile,
    SMTP_SMARTHOST: local(settings.smtpPort),
    SMTP_FROM: 'alertmanager@site.example',
    SMTP_REQUIRE_TLS: 'false',
    ALERT_EMAIL_TO: settings.mailTo,
    SECOND_ALERTMANAGER_ADDRESS: local(second),
    ...variation.environment,
  };
  const source = (name: 'prometheus.yml' | 'alertmanager.yml') =>
    variation.files?.[name] ?? join(repository, 'monitoring', name);
  const alertmanagerConfig = render(
    source('alertmanager.yml'),
    join(folder, 'alertmanager.yml'),
    environment,
  );
  const prometheusConfig = render(
    variation.twoAlertmanagers
      ? withSecondAlertmanager(source('prometheus.yml'), folder)
      : source('prometheus.yml'),
    join(folder, 'prometheus.yml'),
    environment,
  );
  const run = (
    part: PartOfSite,
    port: number | undefined,
    args: string[],
    { env = {}, name = part }: { env?: Record<string, string>; name?: string } = {},
  ) => {
    const call = invocation(parts[part], args, env);
    const logFile = join(folder, `${name}.log`);
    return processes.start({ name, ...call, logFile, cwd: folder, isReady: () => isListening(port ?? 0) });
  };
  const runAlertmanager = (port: number | undefined, name: string) =>
    run(
      'alertmanager',
      port,
      [
        `--config.file=${alertmanagerConfig}`,
        `--storage.path=${join(folder, name)}`,
        `--web.listen-address=${local(port)}`,
        ...argumentsOf('alertmanager'),
      ],
      { name },
    );
  const primaryLog = join(folder, 'primary.log');
  const startPrimary = () =>
    processes.start({
      name: 'primary',
      command: process.execPath,
      args: [join(repository, 'onprem/api/server.ts')],
      env: {
        ...process.env,
        PORT: String(primary),
        BIND_ADDRESS: '127.0.0.1',
        SITE: 'primary',
        HEALTH_PATH: settings.healthPath,
        ...variation.primaryEnvironment,
      },
      logFile: primaryLog,
      isReady: () => isListening(primary ?? 0),
    });

  const haproxyFile = variation.files?.['haproxy.cfg'] ?? join(repository, 'onprem/haproxy/haproxy.cfg');
  const launch: Record<PartOfSite, () => Promise<Supervised>> = {
    haproxy: async () => {
      writeFileSync(standbyCertificateFile, await settings.standbyCertificate);
      return run('haproxy', service, ['-db', '-f', haproxyFile], { env: environment });
    },
    blackbox_exporter: () =>
      run('blackbox_exporter', blackbox, [
        `--config.file=${join(repository, 'monitoring/blackbox.yml')}`,
        `--web.listen-address=${local(blackbox)}`,
        ...argumentsOf('blackbox'),
      ]),
    alertmanager: () => runAlertmanager(alertmanager, 'alertmanager'),
    prometheus: () =>
      run('prometheus', prometheus, [
        `--config.file=${prometheusConfig}`,
        `--storage.tsdb.path=${join(folder, 'prometheus')}`,
        `--web.listen-address=${local(prometheus)}`,
        ...argumentsOf('prometheus'),
      ]),
  };
  // Prometheus takes 5 s to look at anything, so nothing has to wait for anything else but the primary.
  const [[first, haproxy, blackboxExporter], firstAlertmanager, firstPrometheus] = await Promise.all([
    startPrimary().then((one) => Promise.all([one, launch.haproxy(), launch.blackbox_exporter()])),
    launch.alertmanager(),
    launch.prometheus(),
    variation.twoAlertmanagers && runAlertmanager(second, 'alertmanager-2'),
  ]);
  let running = first;
  const up: Record<PartOfSite, Supervised> = {
    haproxy,
    blackbox_exporter: blackboxExporter,
    alertmanager: firstAlertmanager,
    prometheus: firstPrometheus,
  };
  return {
    serviceUrl: `http://${local(service)}/`,
    statsUrl: `http://${local(stats)}/`,
    prometheusUrl: `http://${local(prometheus)}/`,
    alertmanagerUrl: `http://${local(alertmanager)}/`,
    secondAlertmanagerUrl: variation.twoAlertmanagers ? `http://${local(second)}/` : undefined,
    primaryUrl: `http://${local(primary)}/`,
    bundle: {
      folder,
      environment: {
        ...environment,
        PORT: String(primary),
        PROMETHEUS_BIND: local(prometheus),
        ALERTMANAGER_BIND: local(alertmanager),
      },
    },
    primaryLog,
    primary: () => running,
    async startPrimary() {
      if (running.isRunning()) throw new DrillError('the primary is running already');
      running = await startPrimary();
    },
    async kill(part) {
      // Killing the docker command would leave its container running.
      if (parts[part].source === 'docker') return up[part].stop();
      up[part].signal('SIGKILL');
      await up[part].exited;
    },
    async start(part) {
      if (up[part].isRunning()) throw new DrillError(`${part} is running already`);
      up[part] = await launch[part]();
    },
  };
}
