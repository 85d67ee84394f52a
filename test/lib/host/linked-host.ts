import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { credentials } from '../../../drill/cloud/credentials.ts';
import { type Endpoint, startEndpoint } from '../../../drill/cloud/endpoint.ts';
import type { AccessRequest } from '../../../drill/cloud/iam/request.ts';
import { createParameters, type Parameters } from '../../../drill/cloud/services/ssm-parameters.ts';
import type { StandbyHost } from '../../../drill/cloud/standby-host.ts';
import type { Assembly } from '../../../drill/cloud/template.ts';
import { createProcessHost } from '../../../drill/host/docker-command.ts';
import { certificateIn, type KeyPair, makeKeyPair } from '../../../drill/kit/key-pair.ts';
import { freePorts } from '../../../drill/kit/tcp-ports.ts';
import { findParts } from '../../../drill/parts/find.ts';
import type { Program } from '../../../drill/parts/program.ts';
import { hostScript } from '../../../lib/host/script.ts';

/**
 * A host with the whole of its script, for the tests that import this: made anew before each, and ended after it.
 */

/** The host's scripts with real openssl and stunnel; their AWS calls go to the stand-in, by the real SDK. */
const scripts = hostScript().join('\n');
const api = fileURLToPath(new URL('../../../onprem/api', import.meta.url));
export const SITE = '/acme/site/certificate';
export const STANDBY = '/acme/standby/certificate';
export const IDENTITY = '/acme/standby/identity';
export const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:public-AbCdEf';

export let stunnel: Program;
export let folder: string;
export let host: StandbyHost;
export let ports: { link: number; loopback: number; public: number; line: number };
export let site: KeyPair;
export let stranger: KeyPair;
export let parameters: Parameters;
export let endpoint: Endpoint;
export let publicPem: Record<string, string>;
export let mayCall: (access: AccessRequest) => boolean;
/** @param may what AWS allows the host from now on */
export const allow = (may: typeof mayCall) => {
  mayCall = may;
};

beforeAll(async () => {
  ({ stunnel } = await findParts(['stunnel']));
}, 180_000);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'link-'));
  const [link = 0, loopback = 0, everybody = 0, line = 0] = await freePorts(4);
  ports = { link, loopback, public: everybody, line };
  [site, stranger] = (await Promise.all(['site', 'stranger'].map((name) => makeKeyPair(name, folder)))) as [
    KeyPair,
    KeyPair,
  ];
  host = makeHost(stunnel);
  mayCall = () => true;
  publicPem = { [SECRET]: 'not yet' };
  const nothing = { region: 'eu-west-1', accountId: '123456789012', ofType: () => [] } as unknown as Assembly;
  parameters = createParameters(nothing, { [SITE]: 'none', [STANDBY]: 'none' });
  const secrets = {
    operations: {
      GetSecretValue: { resources: () => [SECRET], run: () => ({ SecretString: publicPem[SECRET] }) },
    },
  };
  endpoint = await startEndpoint({ ssm: parameters, secretsmanager: secrets }, (access) => mayCall(access));
  endpoint.registerCaller('host', {
    kind: 'role',
    arn: 'arn:aws:sts::123456789012:assumed-role/host/i-1',
    role: 'host',
  });
  host.assume(credentials('host', 'eu-west-1', endpoint.url));
});

afterEach(async () => {
  await host.stop();
  await endpoint.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Has lost what it needs when it has been frozen for more than a moment, and never answers again. */
const STALE_PROGRAM = `
  let seen = Date.now(), isStale = false;
  setInterval(() => { isStale ||= Date.now() - seen > 400; seen = Date.now(); }, 20);
  require('node:http').createServer((_, response) => void (isStale || response.end())).listen(process.env.PORT, '127.0.0.1');
`;

function makeHost(withStunnel?: Program): StandbyHost {
  const command = [process.execPath, join(api, 'server.ts')];
  const image = { folder: api, command, environment: { BIND_ADDRESS: '127.0.0.1' }, portVariable: 'PORT' };
  const stale = { command: [process.execPath, '-e', STALE_PROGRAM] };
  const images = {
    'acme/api:1': image,
    'acme/api:2': { ...image, environment: { ...image.environment, V: '2' } },
  };
  return createProcessHost(join(folder, 'host'), { ...images, 'acme/stale:1': stale }, withStunnel);
}

/** Another machine takes the place of the host. */
export const replaceHost = (withStunnel?: Program) => {
  host = makeHost(withStunnel);
};

export async function run(action: string, serial = 0, secret = '-', more = '') {
  const lines = [
    '#!/bin/bash',
    `ACTION='${action}' EPOCH='1' SERIAL='${serial}' SERVICE='api' IMAGE='acme/api:1'`,
    `SITE_PORT=${ports.link} LOOPBACK_PORT=${ports.loopback} CONTAINER_PORT=8080 PUBLIC_PORT=${ports.public}`,
    "HEALTH_PATH='/health' START_TIMEOUT_SECONDS=20 STOP_GRACE_SECONDS=5 HOOK_TIMEOUT_SECONDS=1 LOCK_WAIT_SECONDS=30 PILOT_LIGHT=true",
    `REGION='eu-west-1' SITE_CERTIFICATE_PARAMETER='${SITE}' STANDBY_CERTIFICATE_PARAMETER='${STANDBY}' IDENTITY_PARAMETER='${IDENTITY}'`,
    `PUBLIC_CERTIFICATE_SECRET='${secret}'`,
    "MEMORY= CREATE_ARGS=(--env 'SITE=standby') COMMAND=() SECRETS=() HOOKS=() PACKAGES_MARKER=",
    `LINE_PORT=${ports.line} MAY_WAKE=yes LEASE_SECONDS=10 DRAIN_SECONDS=10 SLEEP=stopped IN_CHARGE=primary WAKE_FROM=0`,
    more,
    scripts,
  ];
  const { exitCode, stdout, stderr } = await host.run(lines.join('\n'), { timeoutSeconds: 60 });
  return { exitCode, said: stdout.replaceAll(/^\d{4}-\S+ /gm, ''), why: stderr.trim().split('\n').at(-1) };
}

export const put = (name: string, value: string) =>
  parameters.operations.PutParameter?.run({ Name: name, Value: value, Overwrite: true }, {} as never);
export const initSite = () => put(SITE, site.certificate);
export const own = () => certificateIn(parameters.values.get(STANDBY) ?? '');

/** What comes back through a port: a status, or how the connection ended. Never waits for long. */
export function ask(
  port: number,
  tls?: { key?: string; cert?: string; ca?: string; servername?: string },
): Promise<number | string> {
  return new Promise((resolve) => {
    const path = '/health';
    const common = { host: '127.0.0.1', port, path, timeout: 40_000, agent: false as const };
    const call = tls ? request({ ...common, servername: 'standby', ...tls }) : plainRequest(common);
    call.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    call.on('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message));
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.end();
  });
}
export const asSite = (pair = site) =>
  ask(ports.link, { key: pair.key, cert: pair.certificate, ...(own() && { ca: own() }) });
export const REFUSED = 'ECONNREFUSED';

/** What a look at the host says is wrong; the host tries to mend it meanwhile. */
export const trouble = async () => / trouble=(.*)/.exec((await run('inspect')).said)?.[1] ?? '';

export const stunnelPid = () =>
  Number(readFileSync(join(folder, 'host/units/failover-link@api.service.pid'), 'utf8'));

/** What the line answers, or how the connection ended. */
export function call(words: string, options: ConnectionOptions = asTheSite()): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: ports.line, servername: 'standby', ...options });
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message));
    socket.on('end', () => resolve(said.trim()));
    socket.write(words);
  });
}
const asTheSite = (): ConnectionOptions => ({ key: site.key, cert: site.certificate, ca: own() ?? '' });
