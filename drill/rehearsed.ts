import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { loadConfig } from '../lib/config/load.ts';
import type { Config, ServiceConfig } from '../lib/config/schema.ts';
import { type Assembly, DEFAULT_PLACE, loadAssembly } from './cloud/template.ts';
import { DrillError } from './errors.ts';

/** Waits that protect a business from flapping would only make a rehearsal longer. */
export const shortened = { stableSeconds: 5, cooldownSeconds: 5, drainSeconds: 3 } as const;

/** What a rehearsal may change besides, for a comparison. */
export interface ConfigChanges {
  readonly policy?: Partial<Config['policy']>;
  /** Tells services apart whose stages share one Docker daemon. */
  readonly serviceName?: string;
}

const repository = fileURLToPath(new URL('..', import.meta.url));
export const apiFolder = join(repository, 'onprem/api');

/** What is rehearsed: a configuration, and what CDK makes of it. */
export interface Rehearsed {
  readonly config: Config;
  /** The service that the drill breaks: the first. */
  readonly service: ServiceConfig;
  readonly assembly: Assembly;
}

/**
 * Synthesizes the CDK app as `cdk synth` does. The operator's configuration is changed only in what cannot
 * be had here: the long waits, the port, and the image, which the sample API replaces.
 * @param standbyPort a free port on this machine
 * @param changes     take precedence over the shortened waits
 * @throws ConfigError for a mistake in the file; DrillError if the app fails
 */
export async function synthesize(
  configFile: string,
  workDir: string,
  standbyPort: number,
  changes: ConfigChanges = {},
): Promise<Rehearsed> {
  const config = forThisMachine(loadConfig(configFile), standbyPort, changes);
  const [service] = config.services;
  if (!service) throw new DrillError(`${configFile} has no service`);
  const file = join(workDir, 'failover.yaml');
  const folder = join(workDir, 'assembly');
  mkdirSync(folder);
  writeFileSync(file, stringify(config));
  await runApp(file, folder);
  return { config, service, assembly: loadAssembly(folder, { ...DEFAULT_PLACE, region: config.region }) };
}

function forThisMachine(config: Config, standbyPort: number, changes: ConfigChanges): Config {
  const [first, ...others] = config.services.map(({ image: _image, ...service }) => ({
    ...service,
    build: apiFolder,
  }));
  if (!first) return config;
  const environment = { ...first.environment, PORT: '8080', HEALTH_PATH: first.healthPath };
  const { serviceName: name = first.name, policy } = changes;
  const service = { ...first, name, port: standbyPort, containerPort: 8080, environment };
  const services = [service, ...others];
  return { ...config, services, policy: { ...config.policy, ...shortened, ...policy } };
}

async function runApp(configFile: string, folder: string): Promise<void> {
  const { context } = JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8'));
  const child = spawn(process.execPath, [join(repository, 'bin/app.ts')], {
    cwd: repository,
    env: {
      ...process.env,
      CDK_OUTDIR: folder,
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
