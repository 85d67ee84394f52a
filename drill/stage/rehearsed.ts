import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { loadConfig } from '../../lib/config/load.ts';
import type { Config, ServiceConfig } from '../../lib/config/schema.ts';
import { type Assembly, DEFAULT_PLACE, loadAssembly } from '../cloud/template.ts';
import { DrillError } from '../kit/errors.ts';
import { ownSlot } from '../kit/slot.ts';

/**
 * Waits that protect a business from flapping would only make a rehearsal longer, and a self-test would
 * start the standby in the middle of one.
 */
const shortened = {
  stableSeconds: 5,
  cooldownSeconds: 5,
  drainSeconds: 3,
  selfTestHours: 0,
} as const;

/** What a rehearsal may change besides, for a comparison or a scenario. */
export interface ConfigChanges {
  readonly policy?: Partial<Config['policy']>;
  readonly standby?: Partial<Config['standby']>;
  readonly service?: Partial<ServiceConfig>;
  /** Tells services apart whose stages share one Docker daemon. */
  readonly serviceName?: string;
  /** Whether the site's address is watched from the cloud. */
  readonly witness?: boolean;
  /** Names what the service's image is built from: another word is another image. */
  readonly release?: string;
  /** Secrets of the service: the name of one by the variable that has its value. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Of a secret in the region of the deployment. */
export const secretArn = (region: string, name: string) =>
  `arn:aws:secretsmanager:${region}:${DEFAULT_PLACE.accountId}:secret:drill/${name}-AbCdEf`;

/** A deployment after the first. */
export interface NextDeployment {
  readonly after: Assembly;
  /** Counts the deployments of a stage. */
  readonly number: number;
  /** Whether Amazon has published another machine image since. */
  readonly isImagePublished: boolean;
}

/** Ports of this machine that are chosen before anything listens on them. */
export interface Ports {
  /** Where the site reaches the standby, and where the container itself is. */
  readonly standby: number;
  readonly loopback: number;
  /** Where public clients reach the standby, if the configuration has DNS failover. */
  readonly public: number;
  /** Where the host is called to wake the standby. */
  readonly line: number;
  /** Where clients reach the site. */
  readonly service: number;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));
export const apiFolder = join(repository, 'onprem/api');

/** What is rehearsed: a configuration, and what CDK makes of it. */
export interface Rehearsed {
  readonly config: Config;
  /** The file that has it. */
  readonly configFile: string;
  /** The service that the drill breaks: the first. */
  readonly service: ServiceConfig;
  readonly assembly: Assembly;
}

/**
 * Synthesizes the CDK app as `cdk synth` does. The operator's configuration is changed only in what cannot
 * be had here: the long waits, the port, and the image, which the sample API replaces.
 * @param changes take precedence over the shortened waits
 * @throws ConfigError for a mistake in the file; DrillError if the app fails
 */
export async function synthesize(
  configFile: string,
  workDir: string,
  ports: Ports,
  changes: ConfigChanges = {},
  next?: NextDeployment,
): Promise<Rehearsed> {
  const slot = ownSlot();
  const build = imageFolder(slot?.folder ?? workDir, changes);
  const config = forThisMachine(loadConfig(configFile), ports, build, changes);
  const [service] = config.services;
  if (!service) throw new DrillError(`${configFile} has no service`);
  const number = next ? `-${next.number}` : '';
  const file = join(workDir, `failover${number}.yaml`);
  const text = stringify(config);
  writeFileSync(file, text);
  // The same configuration gives the same assembly, and synthesizing is what takes longest.
  const folder = slot ? join(slot.folder, digest(text)) : join(workDir, `assembly${number}`);
  if (!existsSync(join(folder, 'manifest.json'))) await runApp(file, folder);
  return {
    config,
    configFile: file,
    service,
    assembly: loadAssembly(
      folder,
      { ...DEFAULT_PLACE, region: config.region },
      { after: next?.after, ...(next?.isImagePublished && { images: number }) },
    ),
  };
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The image is named after what is in its folder: stages that share one Docker daemon need each their own. */
function imageFolder(within: string, { serviceName, release }: ConfigChanges): string {
  if (serviceName === undefined && release === undefined) return apiFolder;
  const folder = join(within, `image${release === undefined ? '' : `-${release}`}`);
  cpSync(apiFolder, folder, { recursive: true });
  writeFileSync(join(folder, 'used-by'), `${serviceName} ${release ?? ''}\n`);
  return folder;
}

function forThisMachine(config: Config, ports: Ports, build: string, changes: ConfigChanges): Config {
  const [first, ...others] = config.services.map(({ image: _image, ...service }) => ({ ...service, build }));
  if (!first) return config;
  const environment = {
    ...first.environment,
    ...changes.service?.environment,
    PORT: '8080',
    HEALTH_PATH: first.healthPath,
  };
  const { serviceName: name = first.name, policy } = changes;
  const service = {
    ...first,
    ...changes.service,
    ...(changes.secrets && {
      secrets: Object.fromEntries(
        Object.entries(changes.secrets).map(([variable, of]) => [variable, secretArn(config.region, of)]),
      ),
    }),
    name,
    port: ports.standby,
    loopbackPort: ports.loopback,
    containerPort: 8080,
    environment,
    ...(changes.witness && { witnessUrl: `http://127.0.0.1:${ports.service}${first.healthPath}` }),
  };
  return {
    ...config,
    services: [service, ...others],
    ...(config.dns && {
      dns: { ...config.dns, port: ports.public, ...(config.dns.service === first.name && { service: name }) },
    }),
    standby: { ...config.standby, linePort: ports.line, ...changes.standby },
    policy: { ...config.policy, ...shortened, ...policy },
  };
}

async function runApp(configFile: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { context } = JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8'));
  const child = spawn(process.execPath, [join(repository, 'bin/app.ts')], {
    cwd: repository,
    env: {
      ...process.env,
      CDK_OUTDIR: folder,
      // The library's check of templates against CloudFormation's schema takes two thirds of the time. It says the
      // same of a rehearsal as of what is deployed, and there `cdk synth` and `cdk deploy` make it.
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, config: configFile }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new DrillError(`the CDK app could not be synthesized (exit code ${code}):\n${said.trim()}`);
}
