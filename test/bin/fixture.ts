import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { runFailover } from '../../bin/cli/app.ts';
import type { Finding } from '../../bin/cli/doctor/run.ts';
import { certificateOf, makeCertificate, pemOf } from '../../bin/cli/site/certificate.ts';
import { exampleEnv, parseEnvFile } from '../../bin/cli/site/env-file.ts';
import { Account, instanceId, secretArn } from './aws.ts';

export const token = 'correct-horse-battery-staple-0123456789-abc';
export const certificatePart = (pem: string) => pemOf(certificateOf(pem, 'pem'));

/** Made once: each takes openssl a moment. */
export const pems = {
  site: makeCertificate('site'),
  host: makeCertificate('standby'),
  webhook: makeCertificate('localhost'),
  stranger: makeCertificate('standby'),
};

export type Bundle = {
  readonly folder: string;
  readonly dir: string;
  readonly config: string;
  env: Record<string, string>;
};

/** The bundle of a site in a folder of its own, as "failover site init" leaves it. */
export function makeBundle(env: Record<string, string> = {}): Bundle {
  const folder = mkdtempSync(join(tmpdir(), 'failover-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const dir = join(folder, 'onprem');
  mkdirSync(join(dir, 'secrets'), { recursive: true, mode: 0o700 });
  const secret = (name: string, text: string) =>
    writeFileSync(join(dir, 'secrets', name), text, { mode: 0o600 });
  secret('webhook_token', token);
  secret('site.pem', pems.site);
  secret('standby.crt', certificatePart(pems.host));
  const config = join(folder, 'failover.yaml');
  const bundle = { folder, dir, config, env: {} };
  setEnv(bundle, {
    ...(parseEnvFile(exampleEnv()) as Record<string, string>),
    SITE_USER: `${process.getuid?.()}:${process.getgid?.()}`,
    SERVICE_NAME: 'web',
    STANDBY_ADDRESS: '127.0.0.1:9',
    FAILOVER_WEBHOOK_URL: 'https://localhost:9/failover',
    SMTP_SMARTHOST: 'mail.acme.test:587',
    SMTP_FROM: 'failover@acme.test',
    ALERT_EMAIL_TO: 'oncall@acme.test',
    // Where nothing listens.
    STATS_BIND: '127.0.0.1:9',
    PROMETHEUS_BIND: '127.0.0.1:9',
    ALERTMANAGER_BIND: '127.0.0.1:9',
    PRIMARY_IMAGE: `sha256:${'a'.repeat(64)}`,
    ...env,
  });
  writeConfig(bundle);
  return bundle;
}

/** Changes variables of the .env; an empty value removes one. */
export function setEnv(bundle: Bundle, changes: Record<string, string>): void {
  bundle.env = { ...bundle.env, ...changes };
  const lines = Object.entries(bundle.env).flatMap(([name, value]) => (value ? [`${name}=${value}`] : []));
  writeFileSync(join(bundle.dir, '.env'), `${lines.join('\n')}\n`);
}

export function writeConfig({ config, env }: Bundle, more = ''): void {
  writeFileSync(
    config,
    `name: shop
region: eu-central-1
emails: [oncall@acme.test]
standby:
  host:
    siteCidrs: [203.0.113.7/32]
${more}services:
  - name: web
    image: ghcr.io/acme/web:1.4.2
    port: ${env.STANDBY_ADDRESS?.split(':')[1]}
`,
  );
}

/** A cloud side that fits the bundle. */
export function deploy({ env }: Bundle): Account {
  const account = new Account();
  account.stacks.set('shop-failover', {
    status: 'UPDATE_COMPLETE',
    outputs: {
      WebhookUrl: env.FAILOVER_WEBHOOK_URL ?? '',
      TokenSecretArn: secretArn,
      TableName: 'shop-state',
      TopicArn: 'arn:aws:sns:eu-central-1:123456789012:shop',
      InstanceId: instanceId,
    },
  });
  account.stacks.set('shop-standby', { status: 'CREATE_COMPLETE', outputs: { StandbyAddress: '127.0.0.1' } });
  account.parameters.set('/shop/site/certificate', certificatePart(pems.site));
  account.parameters.set('/shop/standby/certificate', certificatePart(pems.host));
  account.secret.current = token;
  account.subscriptions = [
    { Endpoint: 'oncall@acme.test', SubscriptionArn: 'arn:aws:sns:eu-central-1:123456789012:shop:1' },
  ];
  return account;
}

export type Said = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };
export type RunOptions = {
  readonly ca?: string;
  readonly clock?: () => number;
  readonly signedIn?: boolean;
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cdk?: (args: readonly string[]) => Promise<number>;
};

/** Runs one command line in this process, with credentials unless told otherwise. */
export async function failover(args: readonly string[], options: RunOptions = {}): Promise<Said> {
  const { ca, clock = Date.now, signedIn = true, isTTY = false, env = {}, cdk } = options;
  vi.stubEnv('AWS_ACCESS_KEY_ID', signedIn ? 'AKIAEXAMPLE' : undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', signedIn ? 'secret' : undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  onTestFinished(() => void vi.unstubAllEnvs());
  let stdout = '';
  let stderr = '';
  const exitCode = await runFailover(args, {
    process: {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text), isTTY },
      env,
    },
    clock,
    ...(ca !== undefined && { ca }),
    ...(cdk && { cdk }),
  });
  return { exitCode, stdout, stderr };
}

/** The files that belong to a bundle, as arguments. */
export const about = ({ dir, config }: Bundle) => ['--dir', dir, '--config', config];

export async function diagnose(bundle: Bundle, options: RunOptions & { readonly cloud?: boolean } = {}) {
  const { cloud = true, ...rest } = options;
  const { exitCode, stdout } = await failover(
    ['doctor', '--json', ...about(bundle), ...(cloud ? [] : ['--no-cloud'])],
    { ca: certificatePart(pems.webhook), ...rest },
  );
  const { findings }: { findings: Finding[] } = JSON.parse(stdout);
  return { exitCode, findings, of: (name: string) => findings.find(({ check }) => check === name) };
}
