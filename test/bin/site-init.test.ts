import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { certificateWithKey, pemOf } from '../../bin/cli/site/certificate.ts';
import {
  exampleEnv,
  isKnown,
  parseEnvFile,
  requiredNames,
  setVariable,
} from '../../bin/cli/site/env-file.ts';
import { instanceId } from './aws.ts';
import { about, type Bundle, certificatePart, deploy, failover, makeBundle, pems, token } from './fixture.ts';

/** A site that nobody has set up yet, and a cloud side that nobody has connected to it. */
function fresh(): { bundle: Bundle; account: ReturnType<typeof deploy> } {
  const bundle = makeBundle();
  const account = deploy(bundle);
  rmSync(bundle.dir, { recursive: true });
  mkdirSync(bundle.dir);
  account.parameters.set('/shop/site/certificate', 'none');
  account.parameters.set('/shop/standby/certificate', 'none');
  account.prepare = { certificate: certificatePart(pems.host) };
  return { bundle, account };
}

const read = (bundle: Bundle, name: string) => readFileSync(join(bundle.dir, name), 'utf8');
const modeOf = (bundle: Bundle, name: string) => statSync(join(bundle.dir, name)).mode & 0o777;
const init = (bundle: Bundle, ...more: string[]) => failover(['site', 'init', ...about(bundle), ...more]);

test('writes .env, the token and both certificates, and says what is left to do', async () => {
  const { bundle, account } = fresh();
  const { exitCode, stdout } = await init(bundle);
  expect(exitCode).toBe(0);
  const env = parseEnvFile(read(bundle, '.env'));
  expect(env).toMatchObject({
    SERVICE_NAME: 'web',
    PORT: '9',
    HEALTH_PATH: '/health',
    STANDBY_ADDRESS: '127.0.0.1:9',
    FAILOVER_WEBHOOK_URL: 'https://localhost:9/failover',
    ALERT_EMAIL_TO: 'oncall@acme.test',
    API_IMAGE: 'ghcr.io/acme/web:1.4.2',
  });
  expect(read(bundle, 'secrets/webhook_token')).toBe(token);
  expect(read(bundle, 'secrets/standby.crt')).toBe(certificatePart(pems.host));
  for (const name of ['.env', 'secrets/webhook_token', 'secrets/site.pem', 'secrets/standby.crt']) {
    expect(modeOf(bundle, name)).toBe(0o600);
  }
  for (const name of ['secrets', 'data/prometheus', 'data/alertmanager']) {
    expect(modeOf(bundle, name)).toBe(0o700);
  }
  expect(stdout).toMatch(
    /by hand {4}SMTP_SMARTHOST\n {2}by hand {4}SMTP_FROM\nNext:\n {2}1\. fill in SMTP_SMARTHOST, SMTP_FROM/,
  );
  expect(stdout).toMatch(
    /2\. in .*: docker compose up --detach --wait --force-recreate\n {2}3\. confirm .*\n {2}4\. npm run failover -- doctor/,
  );
  // The key stays here; what the cloud gets is the certificate, and then the host is told at once.
  const site = certificateWithKey(read(bundle, 'secrets/site.pem'), 'site.pem');
  expect(site.subjectAltName).toBe('DNS:site');
  expect(account.parameters.get('/shop/site/certificate')).toBe(pemOf(site));
  expect(account.ssm.commandCalls(SendCommandCommand).map(({ args }) => args[0].input)).toMatchObject([
    { DocumentName: 'shop-web', InstanceIds: [instanceId], Parameters: { action: ['prepare'] } },
  ]);
});

test('a second time it changes nothing', async () => {
  const { bundle, account } = fresh();
  await init(bundle);
  const names = ['.env', 'secrets/webhook_token', 'secrets/site.pem', 'secrets/standby.crt'];
  const before = names.map((name) => [read(bundle, name), statSync(join(bundle.dir, name)).mtimeMs]);
  const { exitCode, stdout } = await init(bundle, '--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    written: [],
    kept: [],
    unchanged: names.map((name) => join(bundle.dir, name)),
  });
  expect(names.map((name) => [read(bundle, name), statSync(join(bundle.dir, name)).mtimeMs])).toEqual(before);
  expect(account.ssm.commandCalls(SendCommandCommand)).toHaveLength(1);
});

test('what somebody has put into .env stays, and is told; --force takes what is deployed', async () => {
  const { bundle } = fresh();
  const own = '# mine\nSERVICE_NAME=web\nSTANDBY_ADDRESS=10.8.0.1:8443\nSMTP_FROM=me@acme.test\n';
  writeFileSync(join(bundle.dir, '.env'), own);
  const { stdout } = await init(bundle);
  expect(stdout).toContain(
    'kept       STANDBY_ADDRESS=10.8.0.1:8443; here it should be 127.0.0.1:9 (--force takes that)',
  );
  expect(read(bundle, '.env')).toMatch(
    /^# mine\nSERVICE_NAME=web\nSTANDBY_ADDRESS=10\.8\.0\.1:8443\nSMTP_FROM=me@acme\.test\n/,
  );
  expect(parseEnvFile(read(bundle, '.env'))).toMatchObject({ ALERT_EMAIL_TO: 'oncall@acme.test' });
  await init(bundle, '--force');
  expect(parseEnvFile(read(bundle, '.env'))).toMatchObject({
    STANDBY_ADDRESS: '127.0.0.1:9',
    SMTP_FROM: 'me@acme.test',
  });
});

test('a token that is not the current one is replaced, in the file that a container may have mounted', async () => {
  const { bundle } = fresh();
  await init(bundle);
  const file = join(bundle.dir, 'secrets/webhook_token');
  const { ino } = statSync(file);
  writeFileSync(file, 'an-old-token-that-is-a-bit-longer-than-the-other-one');
  await init(bundle);
  expect(readFileSync(file, 'utf8').trim()).toBe(token);
  expect(statSync(file).ino).toBe(ino);
});

test('a new host is pinned in place of the old one', async () => {
  const { bundle, account } = fresh();
  await init(bundle);
  account.parameters.set('/shop/standby/certificate', certificatePart(pems.stranger));
  const { stdout } = await init(bundle);
  expect(read(bundle, 'secrets/standby.crt')).toBe(certificatePart(pems.stranger));
  expect(stdout).toContain('--force-recreate');
});

test('a second site does not lock the first one out', async () => {
  const { bundle, account } = fresh();
  account.parameters.set('/shop/site/certificate', certificatePart(pems.site));
  const { exitCode, stderr } = await init(bundle);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /\/shop\/site\/certificate holds the certificate of a site already, and .*site\.pem is missing/,
  );
  expect(stderr).toMatch(/What to do: Copy secrets\/site\.pem .* With --force this site takes its place/);
  expect(account.parameters.get('/shop/site/certificate')).toBe(certificatePart(pems.site));
  expect(existsSync(join(bundle.dir, 'secrets/site.pem'))).toBe(false);
  expect((await init(bundle, '--force')).exitCode).toBe(0);
  expect(account.parameters.get('/shop/site/certificate')).toBe(
    certificatePart(read(bundle, 'secrets/site.pem')),
  );
});

test('a host that cannot prepare itself: why, what to do, and the next run goes on', async () => {
  const { bundle, account } = fresh();
  account.prepare = { failure: 'x\nprepare: this host has no stunnel\n' };
  const { exitCode, stderr } = await init(bundle);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('the host could not prepare itself: prepare: this host has no stunnel');
  expect(stderr).toContain('What to do: Look at the command command-1 in Systems Manager');
  const pem = read(bundle, 'secrets/site.pem');
  account.prepare = { certificate: certificatePart(pems.host) };
  expect((await init(bundle)).exitCode).toBe(0);
  expect(read(bundle, 'secrets/site.pem')).toBe(pem);
  expect(account.ssm.commandCalls(GetCommandInvocationCommand)).toHaveLength(2);
});

test('a host that had shown its certificate before, and cannot take up the site’s: the next run sends it again', async () => {
  const { bundle, account } = fresh();
  account.parameters.set('/shop/standby/certificate', certificatePart(pems.host));
  account.prepare = { failure: 'prepare: no space left' };
  expect((await init(bundle)).exitCode).toBe(1);
  expect(existsSync(join(bundle.dir, 'secrets/standby.crt'))).toBe(false);
  account.prepare = { certificate: certificatePart(pems.host) };
  expect((await init(bundle)).exitCode).toBe(0);
  expect((await init(bundle)).exitCode).toBe(0);
  expect(account.ssm.commandCalls(SendCommandCommand)).toHaveLength(2);
  expect(readdirSync(join(bundle.dir, 'secrets')).sort()).toEqual([
    'site.pem',
    'standby.crt',
    'webhook_token',
  ]);
});

test('the bundle of a second service: the host, which knows the site, is told of it too', async () => {
  const { bundle, account } = fresh();
  account.parameters.set('/shop/site/certificate', certificatePart(pems.site));
  account.parameters.set('/shop/standby/certificate', certificatePart(pems.host));
  mkdirSync(join(bundle.dir, 'secrets'), { mode: 0o700 });
  writeFileSync(join(bundle.dir, 'secrets/site.pem'), pems.site, { mode: 0o600 });
  expect((await init(bundle)).exitCode).toBe(0);
  expect(account.ssm.commandCalls(SendCommandCommand)).toHaveLength(1);
  expect(read(bundle, 'secrets/standby.crt')).toBe(certificatePart(pems.host));
});

test('a service has to be named if there are several: wrong usage', async () => {
  const { bundle } = fresh();
  writeFileSync(
    bundle.config,
    `${readFileSync(bundle.config, 'utf8')}  - name: shop\n    image: shop:1\n    port: 81\n`,
  );
  const { exitCode, stderr } = await init(bundle);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--service: received nothing, expected one of web, shop');
});

test('with an instance of your own, its address is left to you', async () => {
  const { bundle, account } = fresh();
  const text = readFileSync(bundle.config, 'utf8');
  writeFileSync(bundle.config, text.replace(/host:\n.*siteCidrs.*/, `instanceId: ${instanceId}`));
  account.stacks.delete('shop-standby');
  const { exitCode, stdout } = await init(bundle);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('by hand    STANDBY_ADDRESS\n');
});

test('nothing is deployed', async () => {
  const { bundle, account } = fresh();
  account.stacks.clear();
  const { exitCode, stderr } = await init(bundle);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    'not deployed in eu-central-1: shop-failover, shop-standby\nWhat to do: Run "npm run failover -- deploy"',
  );
});

test('no credentials', async () => {
  const { bundle } = fresh();
  const { exitCode, stderr, stdout } = await failover(['site', 'init', ...about(bundle), '--json'], {
    signedIn: false,
  });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^no AWS credentials: .*\nWhat to do: Sign in/m);
  expect(JSON.parse(stdout).error.message).toMatch(/^no AWS credentials/);
});

test('every variable that it fills in is one of the example, and values are quoted as Compose reads them', () => {
  for (const name of [
    'SERVICE_NAME',
    'PORT',
    'HEALTH_PATH',
    'STANDBY_ADDRESS',
    'FAILOVER_WEBHOOK_URL',
    'ALERT_EMAIL_TO',
    'API_IMAGE',
    'PRIMARY_IMAGE',
  ]) {
    expect(isKnown(name), name).toBe(true);
  }
  expect(requiredNames()).toContain('SMTP_SMARTHOST');
  const text = setVariable(exampleEnv(), 'ALERT_EMAIL_TO', 'a@acme.test, b@acme.test');
  expect(parseEnvFile(text).ALERT_EMAIL_TO).toBe('a@acme.test, b@acme.test');
  expect(() => setVariable('', 'PORT', '80\nX=1')).toThrow('expected one line');
});
