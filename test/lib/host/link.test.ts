import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

/** The host's scripts with real openssl and stunnel; their AWS calls go to the stand-in, by the real SDK. */
const scripts = hostScript().join('\n');
const api = fileURLToPath(new URL('../../../onprem/api', import.meta.url));
const SITE = '/acme/site/certificate';
const STANDBY = '/acme/standby/certificate';
const IDENTITY = '/acme/standby/identity';
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:public-AbCdEf';

let stunnel: Program;
let folder: string;
let host: StandbyHost;
let ports: { link: number; loopback: number; public: number };
let site: KeyPair;
let stranger: KeyPair;
let parameters: Parameters;
let endpoint: Endpoint;
let publicPem: Record<string, string>;
let mayCall: (access: AccessRequest) => boolean;

beforeAll(async () => {
  ({ stunnel } = await findParts(['stunnel']));
}, 180_000);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'link-'));
  const [link = 0, loopback = 0, everybody = 0] = await freePorts(3);
  ports = { link, loopback, public: everybody };
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

function makeHost(withStunnel?: Program): StandbyHost {
  const command = [process.execPath, join(api, 'server.ts')];
  const image = { folder: api, command, environment: { BIND_ADDRESS: '127.0.0.1' }, portVariable: 'PORT' };
  return createProcessHost(join(folder, 'host'), { 'acme/api:1': image }, withStunnel);
}

async function run(action: string, serial = 0, secret = '-', more = '') {
  const lines = [
    '#!/bin/bash',
    `ACTION='${action}' EPOCH='1' SERIAL='${serial}' SERVICE='api' IMAGE='acme/api:1'`,
    `SITE_PORT=${ports.link} LOOPBACK_PORT=${ports.loopback} CONTAINER_PORT=8080 PUBLIC_PORT=${ports.public}`,
    "HEALTH_PATH='/health' START_TIMEOUT_SECONDS=20 STOP_GRACE_SECONDS=5 HOOK_TIMEOUT_SECONDS=1 LOCK_WAIT_SECONDS=30 PILOT_LIGHT=true",
    `REGION='eu-west-1' SITE_CERTIFICATE_PARAMETER='${SITE}' STANDBY_CERTIFICATE_PARAMETER='${STANDBY}' IDENTITY_PARAMETER='${IDENTITY}'`,
    `PUBLIC_CERTIFICATE_SECRET='${secret}'`,
    "MEMORY= CREATE_ARGS=(--env 'SITE=standby') COMMAND=() SECRETS=() HOOKS=() PACKAGES_MARKER=",
    more,
    scripts,
  ];
  const { exitCode, stdout, stderr } = await host.run(lines.join('\n'), { timeoutSeconds: 60 });
  return { exitCode, said: stdout.replaceAll(/^\d{4}-\S+ /gm, ''), why: stderr.trim().split('\n').at(-1) };
}

const put = (name: string, value: string) =>
  parameters.operations.PutParameter?.run({ Name: name, Value: value, Overwrite: true }, {} as never);
const initSite = () => put(SITE, site.certificate);
const own = () => certificateIn(parameters.values.get(STANDBY) ?? '');

/** What comes back through a port: a status, or how the connection ended. Never waits for long. */
function ask(
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
const asSite = (pair = site) =>
  ask(ports.link, { key: pair.key, cert: pair.certificate, ...(own() && { ca: own() }) });
const REFUSED = 'ECONNREFUSED';

/** What a look at the host says is wrong; the host tries to mend it meanwhile. */
const trouble = async () => / trouble=(.*)/.exec((await run('inspect')).said)?.[1] ?? '';

const stunnelPid = () =>
  Number(readFileSync(join(folder, 'host/units/failover-link@api.service.pid'), 'utf8'));

describe('without a certificate of the site', () => {
  it('the container is prepared, the host shows its own certificate, and nobody gets in', async () => {
    const { exitCode, said } = await run('prepare');
    expect(exitCode).toBe(0);
    expect(said).toContain('failover-api is prepared from acme/api:1');
    expect(said).toContain(
      `nobody can reach the standby yet: ${SITE} holds no certificate; run "npm run failover -- site init" on the site`,
    );
    expect(own()).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(parameters.values.get(STANDBY)).not.toContain('KEY');
    expect(await asSite()).toBe(REFUSED);
  });

  it('a start says so, because a standby that cannot be reached does not serve', async () => {
    await run('prepare');
    const { exitCode, why } = await run('start', 1);
    expect(exitCode).toBe(1);
    expect(why).toBe(
      'start: the site cannot reach failover-api: this host has no certificate of the site; run "npm run failover -- site init" on the site',
    );
    await initSite();
    expect(await run('prepare')).toMatchObject({ exitCode: 0 });
    expect(await asSite()).toBe(200);
    expect(await run('start', 2)).toMatchObject({ exitCode: 0 });
  });

  it('and one that is taken away, by a deployment, cuts off no standby that serves', async () => {
    await initSite();
    await run('prepare');
    await run('start', 1);
    await put(SITE, 'none');
    const { exitCode, why } = await run('prepare');
    expect(exitCode).toBe(1);
    expect(why).toBe(
      `prepare: ${SITE} holds no certificate any more; the site is still let in with the one from before; run "npm run failover -- site init" on the site`,
    );
    expect(await asSite()).toBe(200);
    expect((await run('inspect')).said).toContain(` trouble=${why}`);
    await initSite();
    await expect.poll(trouble, { timeout: 40_000 }).toBe('');
  });
});

describe('with a certificate of the site', () => {
  beforeEach(async () => {
    await initSite();
    expect(await run('prepare')).toMatchObject({ exitCode: 0 });
  });

  it('the port is open while the standby runs, for the site and for nobody else', async () => {
    expect(await asSite()).toBe(REFUSED);
    expect(await run('start', 1)).toMatchObject({ exitCode: 0 });
    expect(await asSite()).toBe(200);
    const ca = own() ?? '';
    expect(await ask(ports.link)).toBe('ECONNRESET');
    expect(await ask(ports.link, { ca })).toMatch(/CERTIFICATE_REQUIRED|ECONNRESET/);
    expect(await asSite(stranger)).toMatch(/UNKNOWN_CA|ECONNRESET/);
    expect(await run('stop', 2)).toMatchObject({ exitCode: 0 });
    expect(await asSite()).toBe(REFUSED);
  });

  it('the site takes no other host for the standby', async () => {
    await run('start', 1);
    const { key, certificate: cert } = site;
    expect(await ask(ports.link, { key, cert, ca: stranger.certificate })).toBe(
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    );
    expect(await ask(ports.link, { key, cert, ca: own() ?? '', servername: 'elsewhere' })).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it("its key is the host's alone, and is made once", async () => {
    const files = ['standby.pem', 'site.crt', 'api.conf'].map((name) => join(host.linkFolder, name));
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = own();
    const { said } = await run('prepare');
    expect(said).not.toContain('published');
    expect(own()).toBe(before);
  });

  it('a new certificate of the site takes the place of the old one, without a restart', async () => {
    await run('start', 1);
    const pid = stunnelPid();
    const next = await makeKeyPair('site', folder);
    await put(SITE, next.certificate);
    expect(await run('prepare')).toMatchObject({ exitCode: 0 });
    await expect.poll(() => asSite(next), { timeout: 40_000 }).toBe(200);
    expect(await asSite()).not.toBe(200);
    expect(stunnelPid()).toBe(pid);
  });

  it('a new key of the host is published, and people are told until the site knows it', async () => {
    const before = own();
    rmSync(join(host.linkFolder, 'standby.pem'));
    parameters.forget(IDENTITY);
    const { said, why } = await run('prepare');
    expect(said).toContain(`published the certificate of this host in ${STANDBY}`);
    expect(why).toMatch(
      /^prepare: this host has another key than the one that the site knows, and HAProxy refuses it; run/,
    );
    expect(own()).not.toBe(before);
    await run('start', 1);
    expect(await asSite()).toBe(200);
    // As "site init" does when it has taken it up.
    await initSite();
    expect(await run('prepare')).toMatchObject({ exitCode: 0 });
    expect(await trouble()).toBe('');
  });

  it('another host is the same standby: it takes up the identity, and the site need not be touched', async () => {
    const before = own();
    await host.stop();
    rmSync(join(folder, 'host'), { recursive: true });
    host = makeHost(stunnel);
    host.assume(credentials('host', 'eu-west-1', endpoint.url));
    const { exitCode, said } = await run('prepare');
    expect(exitCode).toBe(0);
    expect(said).toContain(`took up the identity of this standby from ${IDENTITY}`);
    expect(said).not.toContain('published');
    expect(own()).toBe(before);
    await run('start', 1);
    expect(await asSite()).toBe(200);
  });

  it('the identity is kept encrypted, and what is no identity is refused and changes nothing', async () => {
    const read = (WithDecryption: boolean) =>
      parameters.operations.GetParameter?.run({ Name: IDENTITY, WithDecryption }, {} as never);
    expect(await read(true)).toMatchObject({
      Parameter: { Type: 'SecureString', Value: expect.stringContaining('PRIVATE KEY') },
    });
    expect(JSON.stringify(await read(false))).not.toContain('PRIVATE KEY');
    await put(IDENTITY, 'something else');
    expect(await run('prepare')).toMatchObject({
      exitCode: 1,
      why: `prepare: ${IDENTITY} does not hold a certificate and its key; delete it, prepare again, and run "npm run failover -- site init" on the site`,
    });
    await run('start', 1);
    expect(await asSite()).toBe(200);
  });

  it('a host that may not keep it works, and says so', async () => {
    parameters.forget(IDENTITY);
    mayCall = ({ action, resource }) => action !== 'ssm:PutParameter' || !resource.endsWith('identity');
    const { exitCode, why } = await run('prepare');
    expect(exitCode).toBe(1);
    expect(why).toMatch(
      /^prepare: the identity of this standby is on this host only, because \/acme\/standby\/identity cannot be used: .*not authorized/,
    );
    await run('start', 1);
    expect(await asSite()).toBe(200);
  });

  it.each([true, false])(
    'a boot opens the port only if the container is started then: pilot light %s',
    async (isPilot) => {
      const as = `PILOT_LIGHT=${isPilot}`;
      rmSync(join(host.linkFolder, 'api.open'));
      await run('prepare', 0, '-', as);
      await run('start', 1, '-', as);
      await run('stop', 2, '-', as);
      await host.shutdown();
      await host.boot();
      expect(existsSync(join(folder, 'host/units/failover-link@api.service.pid'))).toBe(isPilot);
    },
  );

  it('a start revives what let the site in', async () => {
    await run('start', 1);
    process.kill(stunnelPid(), 'SIGKILL');
    await expect.poll(() => asSite()).toBe(REFUSED);
    expect(await run('start', 2)).toMatchObject({ exitCode: 0 });
    expect(await asSite()).toBe(200);
  });

  it('it is back after a boot', async () => {
    await run('start', 1);
    await host.shutdown();
    expect(await asSite()).toBe(REFUSED);
    await host.boot();
    await expect.poll(() => asSite(), { timeout: 40_000 }).toBe(200);
  });

  it('something else on the port is found out by the start', async () => {
    const conf = join(host.linkFolder, 'api.conf');
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('verifyPeer', 'verifyNobody'));
    const { exitCode, why } = await run('start', 1);
    expect(exitCode).toBe(1);
    expect(why).toBe(
      `start: the site cannot reach failover-api: nothing listens on :${ports.link}; "journalctl -u failover-link@api.service" on the host says why`,
    );
  });
});

describe('public clients', () => {
  let named: KeyPair;
  const asAnybody = () => ask(ports.public, { ca: named.certificate, servername: 'api.example.com' });

  beforeEach(async () => {
    named = await makeKeyPair('api.example.com', folder);
    publicPem[SECRET] = named.pem;
    await initSite();
  });

  it('get the public certificate, need none of their own, and a renewed one is taken up', async () => {
    expect(await run('prepare', 0, SECRET)).toMatchObject({ exitCode: 0 });
    expect(await asAnybody()).toBe(REFUSED);
    await run('start', 1, SECRET);
    expect(await asAnybody()).toBe(200);
    expect(await ask(ports.link, { ca: own() ?? '' })).not.toBe(200);
    named = await makeKeyPair('api.example.com', folder);
    publicPem[SECRET] = named.pem;
    expect(await run('prepare', 0, SECRET)).toMatchObject({ exitCode: 0 });
    await expect.poll(asAnybody, { timeout: 40_000 }).toBe(200);
    // No longer in the configuration: the port is closed.
    await run('prepare');
    await expect.poll(asAnybody, { timeout: 40_000 }).toBe(REFUSED);
  });

  it.each([
    ['nothing', () => 'soon', 'holds no certificate that is valid now'],
    [
      'the key of another',
      () => named.certificate + stranger.key,
      'holds no key that fits its first certificate',
    ],
  ])('a secret with %s keeps what works', async (_, content, why) => {
    await run('prepare', 0, SECRET);
    await run('start', 1, SECRET);
    publicPem[SECRET] = content();
    const failed = await run('prepare', 0, SECRET);
    expect(failed.exitCode).toBe(1);
    expect(failed.why).toContain(why);
    expect(failed.why).toContain(`put the certificate, its chain and its key, as PEM, into ${SECRET}`);
    expect(await asAnybody()).toBe(200);
    expect(await asSite()).toBe(200);
  });
});

describe('a host that lacks something says what', () => {
  it('a permission', async () => {
    mayCall = ({ action }) => action !== 'ssm:PutParameter';
    const { exitCode, said, why } = await run('prepare');
    expect(exitCode).toBe(1);
    expect(said).toContain('failover-api is prepared');
    expect(why).toMatch(
      /^prepare: "aws ssm put-parameter" failed: .*not authorized to perform: ssm:PutParameter/,
    );
    expect(why).toContain('the role of this instance must allow it');
  });

  it('V5: stunnel, whatever this machine has of its own', async () => {
    const without = 'command() { if [[ $2 == stunnel* ]]; then return 1; fi; builtin command "$@"; }';
    const { exitCode, why } = await run('prepare', 0, '-', without);
    expect(exitCode).toBe(1);
    expect(why).toMatch(/^prepare: this host has no stunnel, which the encrypted link needs; install it/);
  });

  it('a certificate worth the name', async () => {
    await put(SITE, 'soon');
    expect(await run('prepare')).toMatchObject({
      exitCode: 1,
      why: `prepare: ${SITE} holds no certificate; run "npm run failover -- site init" on the site`,
    });
  });
});
