import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { credentials } from '../../../drill/cloud/credentials.ts';
import { type KeyPair, makeKeyPair } from '../../../drill/kit/key-pair.ts';
import {
  allow,
  ask,
  asSite,
  endpoint,
  folder,
  host,
  IDENTITY,
  initSite,
  own,
  parameters,
  ports,
  publicPem,
  put,
  REFUSED,
  replaceHost,
  run,
  SECRET,
  SITE,
  STANDBY,
  site,
  stranger,
  stunnel,
  stunnelPid,
  trouble,
} from './linked-host.ts';

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
    replaceHost(stunnel);
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
    allow(({ action, resource }) => action !== 'ssm:PutParameter' || !resource.endsWith('identity'));
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
    allow(({ action }) => action !== 'ssm:PutParameter');
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
