import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { DrillError } from './errors.ts';
import { freePorts, invocation, type Program } from './parts/index.ts';
import { isListening, type Processes, type Supervised } from './processes.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

export const siteParts = ['haproxy', 'prometheus', 'alertmanager', 'blackbox_exporter'] as const;
export type SiteParts = Record<(typeof siteParts)[number], Program>;

/** Where a site is meant to differ from production, to be compared with it. */
export interface SiteVariation {
  /** Added to the site's environment, or in place of what is there. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Added to the primary's environment. */
  readonly primaryEnvironment?: Readonly<Record<string, string>>;
  /** Paths of config files that take the place of the shipped ones. */
  readonly files?: Readonly<Partial<Record<'haproxy.cfg' | 'prometheus.yml' | 'alertmanager.yml', string>>>;
}

/** What the site needs to know of the rest of the world. */
export interface SiteSettings {
  readonly serviceName: string;
  readonly healthPath: string;
  readonly standbyAddress: string;
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
  readonly primaryUrl: string;
  /** Execution records of all lives of the primary. */
  readonly primaryLog: string;
  primary(): Supervised;
  /** Starts the primary again; it must not be running. */
  startPrimary(): Promise<void>;
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
  const [service, stats, metrics, primary, prometheus, alertmanager, blackbox] = await freePorts(7);
  const local = (port: number | undefined) => `127.0.0.1:${port}`;
  const tokenFile = join(folder, 'webhook_token');
  writeFileSync(tokenFile, settings.token, { mode: 0o600 });
  const environment = {
    SERVICE_NAME: settings.serviceName,
    SERVICE_BIND: local(service),
    STATS_BIND: local(stats),
    METRICS_BIND: local(metrics),
    PRIMARY_ADDRESS: local(primary),
    STANDBY_ADDRESS: settings.standbyAddress,
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
    ...variation.environment,
  };
  const rendered = (name: 'prometheus.yml' | 'alertmanager.yml') =>
    render(variation.files?.[name] ?? join(repository, 'monitoring', name), join(folder, name), environment);
  const run = (
    name: keyof SiteParts,
    port: number | undefined,
    args: string[],
    env: Record<string, string> = {},
  ) => {
    const call = invocation(parts[name], args, env);
    const logFile = join(folder, `${name}.log`);
    return processes.start({ name, ...call, logFile, cwd: folder, isReady: () => isListening(port ?? 0) });
  };
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

  let running = await startPrimary();
  const haproxyFile = variation.files?.['haproxy.cfg'] ?? join(repository, 'onprem/haproxy/haproxy.cfg');
  await run('haproxy', service, ['-db', '-f', haproxyFile], environment);
  await run('blackbox_exporter', blackbox, [
    `--config.file=${join(repository, 'monitoring/blackbox.yml')}`,
    `--web.listen-address=${local(blackbox)}`,
    ...argumentsOf('blackbox'),
  ]);
  await run('alertmanager', alertmanager, [
    `--config.file=${rendered('alertmanager.yml')}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=${local(alertmanager)}`,
    ...argumentsOf('alertmanager'),
  ]);
  await run('prometheus', prometheus, [
    `--config.file=${rendered('prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=${local(prometheus)}`,
    ...argumentsOf('prometheus'),
  ]);
  return {
    serviceUrl: `http://${local(service)}/`,
    statsUrl: `http://${local(stats)}/`,
    prometheusUrl: `http://${local(prometheus)}/`,
    alertmanagerUrl: `http://${local(alertmanager)}/`,
    primaryUrl: `http://${local(primary)}/`,
    primaryLog,
    primary: () => running,
    async startPrimary() {
      if (running.isRunning()) throw new DrillError('the primary is running already');
      running = await startPrimary();
    },
  };
}

/** Puts the site's environment into a config file with the script that the containers use. */
function render(source: string, output: string, environment: Readonly<Record<string, string>>): string {
  const script = join(repository, 'monitoring/render.sh');
  const { status, stderr } = spawnSync('sh', [script, source, output], {
    env: { PATH: process.env.PATH, ...environment },
    encoding: 'utf8',
  });
  if (status !== 0) throw new DrillError(stderr.trim());
  return output;
}

/** Where a program listens and what it keeps differs here; all other arguments are production's. */
const placed = /^--(config\.file|storage\.|web\.listen-address)/;

function argumentsOf(composeService: string): string[] {
  const compose = parse(readFileSync(join(repository, 'onprem/compose.yaml'), 'utf8'));
  const command: unknown = compose.services?.[composeService]?.command;
  if (!Array.isArray(command))
    throw new DrillError(`onprem/compose.yaml: service ${composeService} has no command`);
  return command.map(String).filter((argument) => !placed.test(argument));
}
