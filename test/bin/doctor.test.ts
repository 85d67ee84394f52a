import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { makeCertificate } from '../../bin/cli/site/certificate.ts';
import { exampleEnv, parseEnvFile } from '../../bin/cli/site/env-file.ts';
import {
  about,
  type Bundle,
  certificatePart,
  deploy,
  diagnose,
  failover,
  makeBundle,
  pems,
  type RunOptions,
  setEnv,
  token,
  writeConfig,
} from './fixture.ts';
import {
  answering,
  forwardProxy,
  httpServer,
  httpsServer,
  lineServer,
  listen,
  standbyServer,
  Webhook,
} from './servers.ts';

/**
 * One breakage each; the check that must name it, what it says, and what it tells people to do. The site's own
 * programs are broken in doctor-site.test.ts, with the real ones.
 */
async function expectFailure(
  bundle: Bundle,
  name: string,
  found: RegExp,
  remedy: RegExp,
  options: RunOptions & { cloud?: boolean } = {},
) {
  const { exitCode, of } = await diagnose(bundle, { cloud: false, ...options });
  expect(of(name)).toMatchObject({
    state: 'failed',
    found: expect.stringMatching(found),
    remedy: expect.stringMatching(remedy),
  });
  expect(exitCode).toBe(1);
}

const path = (bundle: Bundle, name: string) => join(bundle.dir, name);

describe('the files of the site', () => {
  test('no .env', async () => {
    const bundle = makeBundle();
    rmSync(path(bundle, '.env'));
    await expectFailure(bundle, 'env', /\.env is missing$/, /npm run failover -- site init/);
  });

  test('a .env that cannot be read: the rest is looked at all the same', async () => {
    const bundle = makeBundle();
    rmSync(path(bundle, '.env'));
    mkdirSync(path(bundle, '.env'));
    await expectFailure(bundle, 'env', /\.env cannot be read: EISDIR/, /as a user who may read it/);
    const { of } = await diagnose(bundle, { cloud: false });
    expect(of('example-values')).toMatchObject({ state: 'skipped' });
    expect(of('secrets')).toMatchObject({ state: 'ok' });
  });

  test('a required variable is missing', async () => {
    const bundle = makeBundle({ SMTP_FROM: '' });
    await expectFailure(bundle, 'env', /does not set SMTP_FROM$/, /fill in by hand what it lists/);
  });

  test('a value is still the example’s', async () => {
    const example = parseEnvFile(exampleEnv());
    const bundle = makeBundle({ SMTP_SMARTHOST: example.SMTP_SMARTHOST ?? '' });
    await expectFailure(bundle, 'example-values', /^still the example's: SMTP_SMARTHOST$/, /your own values/);
  });

  test('no token', async () => {
    const bundle = makeBundle();
    rmSync(path(bundle, 'secrets/webhook_token'));
    await expectFailure(
      bundle,
      'secrets',
      /webhook_token: missing or empty$/,
      /npm run failover -- site init/,
    );
  });

  test('the secrets are open to everybody', async () => {
    const bundle = makeBundle();
    chmodSync(path(bundle, 'secrets'), 0o755);
    chmodSync(path(bundle, 'secrets/site.pem'), 0o644);
    await expectFailure(bundle, 'secrets', /other users of this machine can read .*site\.pem$/, /chmod 700/);
  });

  test('the mail server wants a password and there is none', async () => {
    const bundle = makeBundle({ SMTP_USERNAME: 'failover', SMTP_PASSWORD_FILE: './secrets/smtp_password' });
    await expectFailure(
      bundle,
      'secrets',
      /SMTP_USERNAME is set, and .*smtp_password is missing/,
      /password of the mail/,
    );
  });

  test('no certificate of the host', async () => {
    const bundle = makeBundle();
    rmSync(path(bundle, 'secrets/standby.crt'));
    await expectFailure(bundle, 'certificates', /standby\.crt is missing$/, /npm run failover -- site init/);
  });

  test('a key that is not the certificate’s', async () => {
    const bundle = makeBundle();
    const [, key] = pems.stranger.split(/(?=-----BEGIN PRIVATE KEY)/);
    writeFileSync(path(bundle, 'secrets/site.pem'), `${certificatePart(pems.site)}${key}`);
    await expectFailure(
      bundle,
      'certificates',
      /a private key that is not the certificate's/,
      /Remove .*site\.pem/,
    );
  });

  test('the containers run as somebody else than the owner', async () => {
    const bundle = makeBundle({ SITE_USER: '4321:4321' });
    await expectFailure(bundle, 'secrets', /^not owned by SITE_USER 4321:4321: .*webhook_token/, /chown/);
  });

  test('a certificate about to expire', async () => {
    const almostTenYears = 3640 * 86_400_000;
    const options = { clock: () => Date.now() + almostTenYears };
    await expectFailure(
      makeBundle(),
      'certificates',
      /is valid only until 20\d\d-/,
      /^If it is site\.pem, remove it and run/,
      options,
    );
  });
});

describe('the webhook', () => {
  async function site(listening = new Webhook(['web'], token).handle, pem = pems.webhook) {
    const port = await listen(httpsServer(pem, listening));
    return makeBundle({ FAILOVER_WEBHOOK_URL: `https://localhost:${port}/failover` });
  }

  test('its name does not resolve', async () => {
    const bundle = makeBundle({ FAILOVER_WEBHOOK_URL: 'https://gone.invalid/failover' });
    await expectFailure(bundle, 'webhook-name', /^gone\.invalid does not resolve \(E/, /output WebhookUrl/);
  });

  test('nobody listens', async () => {
    await expectFailure(
      makeBundle(),
      'webhook-tls',
      /^localhost:9 cannot be reached \(ECONN/,
      /Let this machine out/,
    );
  });

  test('its certificate is from somebody whom nobody trusts', async () => {
    const bundle = await site(undefined, pems.stranger);
    await expectFailure(
      bundle,
      'webhook-tls',
      /is refused here: self-signed certificate/,
      /proxy that opens TLS/,
    );
  });

  test('its certificate is for another name', async () => {
    const bundle = await site(undefined, pems.stranger);
    const options = { ca: certificatePart(pems.stranger) };
    await expectFailure(
      bundle,
      'webhook-tls',
      /Host: localhost\. is not in the cert's altnames/,
      /proxy that opens TLS/,
      options,
    );
  });

  test('its URL is plain http', async () => {
    const bundle = makeBundle({ FAILOVER_WEBHOOK_URL: 'http://localhost:9/failover' });
    await expectFailure(bundle, 'webhook-tls', /begins with http:/, /https URL/);
  });

  test.each([
    ['behind', -600_000],
    ['ahead', 600_000],
  ])('the clock of the site is ten minutes %s', async (word, milliseconds) => {
    const options = { clock: () => Date.now() + milliseconds };
    await expectFailure(
      await site(),
      'clock',
      new RegExp(`^the clock is (58|59|60|61)\\d(\\.\\d)? s ${word}`),
      /time synchronisation/,
      options,
    );
  });

  test('the clock is looked at even if the certificate is not trusted', async () => {
    const { of } = await diagnose(await site(undefined, pems.stranger), { cloud: false });
    expect(of('clock')).toMatchObject({ state: 'ok' });
    expect(of('webhook-token')).toMatchObject({
      state: 'skipped',
      found: expect.stringContaining('see webhook-tls'),
    });
  });

  /** A site whose webhook has a name that only its proxy knows. */
  async function behindProxy(
    asked: string[],
    { user = '', refusal }: { user?: string; refusal?: number } = {},
  ) {
    const pem = makeCertificate('hooks.invalid');
    const port = await listen(httpsServer(pem, new Webhook(['web'], token).handle));
    const proxy = await listen(forwardProxy(port, asked, refusal));
    const bundle = makeBundle({
      FAILOVER_WEBHOOK_URL: 'https://hooks.invalid/failover',
      WEBHOOK_PROXY_URL: `http://${user}localhost:${proxy}`,
    });
    return { bundle, options: { cloud: false, ca: certificatePart(pem) } };
  }

  test('S3: all that is asked of the webhook goes through the forward proxy of the site', async () => {
    const asked: string[] = [];
    const { bundle, options } = await behindProxy(asked, { user: 'anna:s%20cret@' });
    const { of } = await diagnose(bundle, options);
    expect(of('webhook-name')).toMatchObject({ state: 'ok', found: expect.stringMatching(/^localhost is /) });
    expect(of('webhook-tls')).toMatchObject({
      state: 'ok',
      found: expect.stringMatching(/^certificate valid until 20\d\d-\d\d-\d\d through the proxy$/),
    });
    expect(of('clock')).toMatchObject({ state: 'ok' });
    expect(of('webhook-token')).toMatchObject({ state: 'ok', found: 'accepted' });
    const credentials = Buffer.from('anna:s cret').toString('base64');
    expect(asked).toEqual(Array(3).fill(`hooks.invalid:443 Basic ${credentials}`));
  });

  test.each([403, 407, 502])('S3: the proxy answers %s', async (refusal) => {
    const { bundle, options } = await behindProxy([], { refusal });
    await expectFailure(
      bundle,
      'webhook-tls',
      /^hooks\.invalid cannot be reached through the proxy \(ERR_PROXY_/,
      /WEBHOOK_PROXY_URL/,
      options,
    );
  });

  test.each([
    ['http://gone.invalid:3128', /^gone\.invalid does not resolve \(E/],
    ['proxy.example.com:3128', /^WEBHOOK_PROXY_URL is no URL with a host$/],
  ])('S3: the proxy is %s', async (proxy, found) => {
    const bundle = makeBundle({ WEBHOOK_PROXY_URL: proxy });
    await expectFailure(bundle, 'webhook-name', found, /WEBHOOK_PROXY_URL/);
  });

  test('it refuses the token', async () => {
    const bundle = await site(new Webhook(['web'], 'another').handle);
    await expectFailure(
      bundle,
      'webhook-token',
      /^the webhook refuses the token of this site \(401/,
      /npm run failover -- site init/,
    );
  });

  test('it fails', async () => {
    const bundle = await site(async (_, response) => answering(503, '{}')(_, response));
    await expectFailure(bundle, 'webhook-token', /^the webhook fails \(503/, /log of the receiver/);
  });

  test('somebody else answers', async () => {
    const bundle = await site(async (_, response) => answering(200, '<h1>It works!</h1>')(_, response));
    await expectFailure(
      bundle,
      'webhook-token',
      /^whoever answers is not the receiver \(200 <h1>/,
      /output WebhookUrl/,
    );
  });
});

describe('the line to the host', () => {
  const site = async (answer: string, server = lineServer(pems.host, certificatePart(pems.site), answer)) =>
    makeBundle({ STANDBY_LINE_ADDRESS: `127.0.0.1:${await listen(server)}` });

  test('the host answers', async () => {
    const { of } = await diagnose(await site('standby since decision 7'), { cloud: false });
    expect(of('line')).toMatchObject({ state: 'ok', found: 'the host answers: standby since decision 7' });
  });

  test('without an address only the alerts start the standby: skipped', async () => {
    const { of } = await diagnose(makeBundle(), { cloud: false });
    expect(of('line')).toMatchObject({ state: 'skipped', found: expect.stringContaining('only the alerts') });
  });

  test('the host is not reached', async () => {
    const bundle = makeBundle({ STANDBY_LINE_ADDRESS: 'gone.invalid:9' });
    await expectFailure(bundle, 'line', /^gone\.invalid:9 cannot be reached \(E/, /siteCidrs/);
  });

  test('the host does not know the service', async () => {
    const bundle = await site("refused: no service 'api' is prepared on this host");
    await expectFailure(bundle, 'line', /the host says: refused: no service/, /SERVICE_NAME/);
  });

  test('somebody else answers there', async () => {
    const bundle = await site('', lineServer(pems.stranger, certificatePart(pems.site), 'up'));
    await expectFailure(bundle, 'line', /the certificates do not fit each other/, /site init/);
  });

  test('the host refuses the certificate of this site', async () => {
    const bundle = await site('', lineServer(pems.host, certificatePart(pems.stranger), 'up'));
    await expectFailure(
      bundle,
      'line',
      /do not fit|without an answer|cannot be reached/,
      /site init|siteCidrs/,
    );
  });

  test('an address without a port: skipped, with what is expected', async () => {
    const { of } = await diagnose(makeBundle({ STANDBY_LINE_ADDRESS: 'standby' }), { cloud: false });
    expect(of('line')).toMatchObject({
      state: 'skipped',
      found: expect.stringContaining('expected host:port'),
    });
  });
});

describe('the link to the standby', () => {
  async function site(server = standbyServer(pems.host, certificatePart(pems.site))) {
    return makeBundle({ STANDBY_ADDRESS: `127.0.0.1:${await listen(server)}` });
  }

  const nowhere = 'gone.invalid:9';

  test('the host is not reached', async () => {
    const bundle = makeBundle({ STANDBY_ADDRESS: nowhere });
    await expectFailure(bundle, 'standby-port', /^gone\.invalid:9 cannot be reached \(E/, /siteCidrs/);
  });

  test('the host is not reached because it sleeps: skipped', async () => {
    const bundle = makeBundle({ STANDBY_ADDRESS: nowhere });
    writeConfig(bundle, '  pilotLight: true\n');
    const account = deploy(bundle);
    account.agent = undefined;
    account.ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [{ State: { Name: 'stopped' } }] }] });
    const { of } = await diagnose(bundle);
    expect(of('standby-port')).toMatchObject({ state: 'skipped', found: 'the host sleeps (pilot light)' });
    expect(of('host')).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('sleeps (pilot light)'),
    });
  });

  test('nobody listens while the standby sleeps: the link is looked at when it runs', async () => {
    const { of } = await diagnose(makeBundle(), { cloud: false });
    for (const name of ['standby-port', 'standby-tls', 'standby-plain']) {
      expect(of(name)).toMatchObject({
        state: 'skipped',
        found: expect.stringContaining('while the standby sleeps'),
      });
    }
  });

  test('an address without a port', async () => {
    const bundle = makeBundle({ STANDBY_ADDRESS: 'standby.acme.test' });
    writeConfig(bundle, '');
    await expectFailure(
      bundle,
      'standby-port',
      /^STANDBY_ADDRESS is standby\.acme\.test, expected host:port/,
      /StandbyAddress/,
    );
  });

  test('somebody else answers there', async () => {
    const bundle = await site(standbyServer(pems.stranger, certificatePart(pems.site)));
    await expectFailure(
      bundle,
      'standby-tls',
      /certificate of the host is not the one in .*standby\.crt/,
      /If the host was replaced/,
    );
  });

  test('the host does not know the site', async () => {
    const bundle = await site(standbyServer(pems.host, certificatePart(pems.stranger)));
    await expectFailure(
      bundle,
      'standby-tls',
      /^the host refuses the certificate of this site \(E/,
      /npm run failover -- site init/,
    );
  });

  test('the container answers in clear text', async () => {
    const bundle = await site(httpServer(answering(200, 'hello')));
    await expectFailure(bundle, 'standby-tls', /does not speak TLS/, /failover -- deploy/);
    await expectFailure(
      bundle,
      'standby-plain',
      /^the host answers in clear text: HTTP\/1\.1 200 OK$/,
      /TLS only/,
    );
  });
});

describe('the cloud side', () => {
  const withCloud = { cloud: true };

  test('a stack is not there', async () => {
    const bundle = makeBundle();
    deploy(bundle).stacks.delete('shop-standby');
    await expectFailure(
      bundle,
      'stacks',
      /^not deployed in eu-central-1: shop-standby$/,
      /failover -- deploy/,
      withCloud,
    );
  });

  test('the last deployment was rolled back', async () => {
    const bundle = makeBundle();
    Object.assign(deploy(bundle).stacks.get('shop-failover') ?? {}, { status: 'UPDATE_ROLLBACK_COMPLETE' });
    await expectFailure(
      bundle,
      'stacks',
      /^shop-failover is UPDATE_ROLLBACK_COMPLETE$/,
      /events in CloudFormation/,
      withCloud,
    );
  });

  test('.env says another address', async () => {
    const bundle = makeBundle();
    deploy(bundle);
    setEnv(bundle, { STANDBY_ADDRESS: '198.51.100.1:9' });
    await expectFailure(
      bundle,
      'settings',
      /STANDBY_ADDRESS: deployed is 127\.0\.0\.1:9, \.env has 198\.51\.100\.1:9/,
      /site init --force/,
      withCloud,
    );
  });

  test('the cloud has another certificate of the site', async () => {
    const bundle = makeBundle();
    deploy(bundle).parameters.set('/shop/site/certificate', certificatePart(pems.stranger));
    const found = /\/shop\/site\/certificate has another certificate than .*site\.pem/;
    await expectFailure(bundle, 'site-certificate', found, /copy its secrets\/site\.pem here/, withCloud);
  });

  test.each(['site', 'standby'])('nobody has shown the cloud the certificate of the %s', async (whose) => {
    const bundle = makeBundle();
    deploy(bundle).parameters.set(`/shop/${whose}/certificate`, 'none');
    const found = new RegExp(`/shop/${whose}/certificate holds no certificate`);
    await expectFailure(
      bundle,
      `${whose}-certificate`,
      found,
      /[Rr]un "npm run failover -- site init"/,
      withCloud,
    );
  });

  test('the host was replaced', async () => {
    const bundle = makeBundle();
    deploy(bundle).parameters.set('/shop/standby/certificate', certificatePart(pems.stranger));
    await expectFailure(
      bundle,
      'standby-certificate',
      /has another certificate than .*standby\.crt/,
      /npm run failover -- site init/,
      withCloud,
    );
  });

  test('Systems Manager does not reach the host', async () => {
    const bundle = makeBundle();
    deploy(bundle).agent = 'ConnectionLost';
    await expectFailure(
      bundle,
      'host',
      /does not reach i-0123456789abcdef0 \(ConnectionLost\)/,
      /SSM agent/,
      withCloud,
    );
  });

  test.each([
    [
      'failed',
      { Status: 'Failed', ExecutionSummary: '1 out of 1 plugin processed, 1 failed' },
      /^web: 1 out of 1/,
      /within 15 minutes/,
    ],
    ['was never asked to', undefined, /has no association of i-0123456789abcdef0 for web/, /Deploy again/],
  ] as const)('the host %s: prepare itself', async (_, association, found, remedy) => {
    const bundle = makeBundle();
    deploy(bundle).association = association;
    await expectFailure(bundle, 'host-prepared', found, remedy, withCloud);
  });

  test('the newest version of the document is not the default', async () => {
    const bundle = makeBundle();
    deploy(bundle).document = { LatestVersion: '4', DefaultVersion: '3' };
    await expectFailure(
      bundle,
      'document',
      /^shop-web: the default is version 3, the newest is 4/,
      /update-document-default-version/,
      withCloud,
    );
  });

  test('the host has another image', async () => {
    const bundle = makeBundle();
    deploy(bundle).state.drift = "the standby's image is web:1, the primary's is web:2";
    await expectFailure(
      bundle,
      'standby-image',
      /^drift: the standby's image is web:1/,
      /deploy the one that the primary runs/,
      withCloud,
    );
  });

  test('the last start of the standby failed, and none has succeeded since', async () => {
    const bundle = makeBundle();
    deploy(bundle).state.startFailure = { at: Date.UTC(2026, 0, 1), failure: 'cannot pull web:2' };
    await expectFailure(
      bundle,
      'last-start',
      /^it failed at 2026-01-01T00:00:00\.000Z: cannot pull web:2$/,
      /self-test/,
      withCloud,
    );
  });

  test('the standby was never started', async () => {
    const bundle = makeBundle();
    deploy(bundle);
    const { of } = await diagnose(bundle, withCloud);
    expect(of('last-start')).toMatchObject({ state: 'skipped', found: expect.stringMatching(/never/) });
  });

  test('no heartbeat arrives any more', async () => {
    const bundle = makeBundle();
    deploy(bundle).heartbeatAt = Date.now() - 300_000;
    await expectFailure(bundle, 'heartbeat', /was evaluated 300 s ago/, /one of them/, withCloud);
  });

  test('no heartbeat ever arrived', async () => {
    const bundle = makeBundle();
    deploy(bundle).heartbeatAt = undefined;
    await expectFailure(bundle, 'heartbeat', /has never heard/, /docker compose up/, withCloud);
  });

  test('somebody has not confirmed', async () => {
    const bundle = makeBundle();
    deploy(bundle).subscriptions = [{ Endpoint: 'oncall@acme.test', SubscriptionArn: 'PendingConfirmation' }];
    await expectFailure(
      bundle,
      'mail',
      /^not confirmed: oncall@acme\.test$/,
      /Subscription Confirmation/,
      withCloud,
    );
  });

  test('something may not be read', async () => {
    const bundle = makeBundle();
    deploy(bundle).sns.rejects(
      Object.assign(new Error('not authorized to perform: SNS:ListSubscriptionsByTopic'), {
        name: 'AuthorizationErrorException',
      }),
    );
    await expectFailure(
      bundle,
      'mail',
      /^cannot list the subscriptions .*SNS:ListSubscriptionsByTopic/,
      /Use credentials that may do this/,
      withCloud,
    );
  });
});

describe('what cannot be looked at', () => {
  const cloudChecks = [
    'stacks',
    'settings',
    'site-certificate',
    'standby-certificate',
    'host',
    'host-prepared',
    'document',
    'standby-image',
    'last-start',
    'heartbeat',
    'mail',
  ];

  test('without credentials the cloud side is skipped, and the rest is looked at', async () => {
    const { findings, of } = await diagnose(makeBundle(), { signedIn: false });
    for (const name of cloudChecks) {
      expect(of(name)).toMatchObject({
        state: 'skipped',
        found: expect.stringContaining('no AWS credentials'),
      });
    }
    expect(findings.filter(({ state }) => state !== 'skipped').length).toBeGreaterThan(8);
  });

  test('with --no-cloud it is skipped as well', async () => {
    const { of } = await diagnose(makeBundle(), { cloud: false });
    for (const name of cloudChecks) expect(of(name)).toMatchObject({ state: 'skipped', found: '--no-cloud' });
  });

  test('for people, each failure is followed by what to do', async () => {
    const bundle = makeBundle();
    const { exitCode, stdout } = await failover(['doctor', ...about(bundle), '--no-cloud']);
    expect(stdout).toMatch(/^failed {3}haproxy {14}HAProxy does not answer .*\n {30}What to do: Start it/m);
    expect(stdout).toMatch(/^ok {7}env {18}\d+ required variables are set$/m);
    expect(stdout).toMatch(/\d+ ok, \d+ failed, \d+ skipped\n$/);
    expect(exitCode).toBe(1);
  });

  test('on a terminal it says what it is looking at', async () => {
    const { stderr } = await failover(['doctor', ...about(makeBundle()), '--no-cloud'], { isTTY: true });
    expect(stderr).toContain('looking: env …');
    expect(stderr.endsWith('\r\x1b[K')).toBe(true);
  });
});
