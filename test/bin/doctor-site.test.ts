import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CannotLook } from '../../bin/cli/doctor/cannot-look.ts';
import { checks } from '../../bin/cli/doctor/checks/index.ts';
import { type Finding, runChecks } from '../../bin/cli/doctor/run.ts';
import { readBundle } from '../../bin/cli/site/bundle.ts';
import { overwriteInPlace } from '../../bin/cli/site/files.ts';
import { createProcesses } from '../../drill/kit/processes.ts';
import { freePorts } from '../../drill/kit/tcp-ports.ts';
import { workFolder } from '../../drill/kit/work-folder.ts';
import { findParts } from '../../drill/parts/find.ts';
import { siteParts } from '../../drill/parts/of-drill.ts';
import { repository } from '../../drill/site/files.ts';
import { type Site, startSite } from '../../drill/site/site.ts';
import { type Bundle, certificatePart, deploy, diagnose, makeBundle, pems, token } from './fixture.ts';
import { answering, httpServer, httpsServer, lineServer, listen, standbyServer, Webhook } from './servers.ts';

/** The doctor at a site that runs: the real HAProxy, Prometheus and Alertmanager with the shipped configs. */
const troubles: string[] = [];
const processes = createProcesses(
  (name, how) => troubles.push(`${name} ${how}`),
  (message) => troubles.push(message),
);
const webhook = new Webhook(['web'], token);
let folder: string;
let site: Site;
let standbyPort: number;
let linePort: number;
let webhookPort: number;

const lasting = (end: () => void) => processes.onCleanup('server', async () => end());

beforeAll(async () => {
  folder = workFolder(undefined, processes.onCleanup);
  const parts = await findParts(siteParts, { mounts: [repository, folder] });
  standbyPort = await listen(standbyServer(pems.host, certificatePart(pems.site)), lasting);
  linePort = await listen(
    lineServer(pems.host, certificatePart(pems.site), 'primary since decision 4'),
    lasting,
  );
  webhookPort = await listen(httpsServer(pems.webhook, webhook.handle), lasting);
  // Alertmanager would not trust the certificate of a test, so it comes by another port of the same webhook.
  const plainPort = await listen(httpServer(webhook.handle), lasting);
  const [servicePort = 0] = await freePorts(1);
  const settings = {
    serviceName: 'web',
    healthPath: '/health',
    servicePort,
    standbyAddress: `127.0.0.1:${standbyPort}`,
    lineAddress: 'none',
    webhookUrl: `http://127.0.0.1:${plainPort}/failover`,
    token,
    smtpPort: 9,
    mailTo: 'oncall@acme.test',
    logAddress: '127.0.0.1:9',
    siteKeyPair: { pem: pems.site, certificate: certificatePart(pems.site), key: pems.site },
    standbyCertificate: Promise.resolve(certificatePart(pems.host)),
  };
  site = await startSite(parts, settings, folder, processes);
  await until(() => webhook.recorded.some(({ kind }) => kind === 'up'), 'a first heartbeat');
}, 180_000);
afterAll(() => processes.cleanup());

function bundleOfSite(env: Record<string, string> = {}): Bundle {
  const at = (url: string) => new URL(url).host;
  return makeBundle({
    STANDBY_ADDRESS: `127.0.0.1:${standbyPort}`,
    STANDBY_LINE_ADDRESS: `127.0.0.1:${linePort}`,
    FAILOVER_WEBHOOK_URL: `https://localhost:${webhookPort}/failover`,
    STATS_BIND: at(site.statsUrl),
    PROMETHEUS_BIND: at(site.prometheusUrl),
    ALERTMANAGER_BIND: at(site.alertmanagerUrl),
    ...env,
  });
}

/** What one check says: without the others, some of which would wait for Alertmanager. */
async function look(name: string, bundle = bundleOfSite()): Promise<Finding> {
  const one = checks.filter((check) => check.name === name);
  const cloud = () => Promise.reject(new CannotLook('not looked at here'));
  for await (const finding of runChecks(one, { bundle: readBundle(bundle.dir), clock: Date.now, cloud }))
    return finding;
  throw new Error(`there is no check ${name}`);
}

/** Asks again until the check finds this, as an operator does who waits for a program to notice. */
async function untilFound(name: string, found: RegExp): Promise<Finding> {
  const bundle = bundleOfSite();
  let last = await look(name, bundle);
  await until(
    async () => {
      last = await look(name, bundle);
      return found.test(last.found);
    },
    () => `${name} to say ${found}; it says ${JSON.stringify(last)}`,
  );
  return last;
}

async function until(holds: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!(await holds())) {
    if (Date.now() > deadline)
      throw new Error(`waited for ${typeof what === 'string' ? what : what()}; ${troubles.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What a healthy site does not say by itself. */
const byLooking = ({ kind }: { readonly kind: string }) => kind !== 'up' && kind !== 'traffic';

test('where everything is well every check says ok, and nothing was recorded by looking', async () => {
  const bundle = bundleOfSite();
  deploy(bundle).state.testedAt = Date.now() - 86_400_000;
  await untilFound('targets', /targets are up/);
  const nudges = webhook.recorded.filter(byLooking).length;
  const { findings, exitCode } = await diagnose(bundle);
  expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(findings.length).toBeGreaterThan(20);
  expect(exitCode).toBe(0);
  expect(webhook.recorded.filter(byLooking)).toHaveLength(nudges);
});

test('SERVICE_NAME is another one than Prometheus was started with', async () => {
  expect(await look('heartbeat-alert', bundleOfSite({ SERVICE_NAME: 'shop' }))).toMatchObject({
    state: 'failed',
    found: 'neither PrimaryUp nor PrimaryDown fires for shop',
    remedy: expect.stringContaining('differs from SERVICE_NAME'),
  });
});

describe('Alertmanager', () => {
  test('cannot deliver, until the file with the token is overwritten where it is', async () => {
    webhook.tokens.delete(token);
    await until(() => webhook.answered.at(-1) === 401, 'a refused delivery');
    expect(await untilFound('deliveries', /^the last notification to the webhook failed$/)).toMatchObject({
      state: 'failed',
      remedy: expect.stringContaining('--force-recreate alertmanager'),
    });
    const shorter = token.slice(0, -5);
    webhook.tokens.add(shorter);
    overwriteInPlace(join(folder, 'site/webhook_token'), shorter);
    await untilFound('deliveries', /^the last one arrived; [1-9]\d* of \d+ failed/);
  });

  test.each([
    [
      'service=web, made before works',
      [{ name: 'service', value: 'web', isRegex: false }],
      'PrimarySuspect, PrimaryDown, PrimaryUp, Serving, StandbyNotServing',
    ],
    [
      'every Primary…',
      [{ name: 'alertname', value: 'Primary.*', isRegex: true }],
      'PrimarySuspect, PrimaryDown, PrimaryUp',
    ],
    [
      'all that is critical',
      [{ name: 'severity', value: 'info', isRegex: false, isEqual: false }],
      'PrimaryDown, StandbyNotServing',
    ],
  ])('S2: a silence of %s is named, with who made it and until when', async (_, matchers, muted) => {
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await fetch(new URL('api/v2/silences', site.alertmanagerUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        matchers,
        startsAt: new Date().toISOString(),
        endsAt,
        createdBy: 'anna',
        comment: 'works',
      }),
    });
    const { silenceID } = (await made.json()) as { silenceID: string };
    const found = await untilFound('silences', /^silence /);
    expect(found).toMatchObject({
      state: 'failed',
      found: `silence ${silenceID} by anna (works) until ${endsAt} mutes ${muted}`,
      remedy: expect.stringContaining('npm run failover -- pause'),
    });
    await fetch(new URL(`api/v2/silence/${silenceID}`, site.alertmanagerUrl), { method: 'DELETE' });
    await untilFound('silences', /^there is no silence/);
  });

  test('runs with somebody else’s config', async () => {
    const port = await listen(httpServer(answering(200, '[{"name":"default"}]')));
    expect(
      await look('alertmanager', bundleOfSite({ ALERTMANAGER_BIND: `127.0.0.1:${port}` })),
    ).toMatchObject({
      state: 'failed',
      found: 'Alertmanager has no receiver failover, people',
      remedy: expect.stringContaining('monitoring/alertmanager.yml'),
    });
  });

  test('is dead', async () => {
    await site.kill('alertmanager');
    expect(await look('alertmanager')).toMatchObject({
      state: 'failed',
      found: expect.stringMatching(/^Alertmanager does not answer at http:\/\/127\.0\.0\.1:\d+ \(/),
      remedy: expect.stringContaining('docker compose up --detach alertmanager'),
    });
    await site.start('alertmanager');
  });
});

test('the probe is dead', async () => {
  await site.kill('blackbox_exporter');
  const found = await untilFound('targets', /^Prometheus does not reach primary \(.*connection refused/);
  expect(found).toMatchObject({ state: 'failed', remedy: expect.stringContaining('Start what is named') });
  await site.start('blackbox_exporter');
  await untilFound('targets', /targets are up/);
});

test('the primary is dead', async () => {
  site.primary().signal('SIGKILL');
  await site.primary().exited;
  const found = await untilFound('primary', /^HAProxy says the primary is DOWN \(L4CON\)$/);
  expect(found).toMatchObject({ state: 'failed', remedy: expect.stringContaining('HEALTH_PATH and PORT') });
  expect(
    await untilFound('heartbeat-alert', /^PrimaryDown fires for web: the primary is down$/),
  ).toMatchObject({
    state: 'failed',
    remedy: expect.stringContaining('Repair the primary'),
  });
  await site.startPrimary();
  await untilFound('heartbeat-alert', /^PrimaryUp and Serving fire$/);
});

test('HAProxy runs without certificates for the standby', async () => {
  // As the real one writes it, but for the state of the standby: "disabled" in the config.
  const recorded = await (await fetch(`${site.statsUrl};csv`)).text();
  const disabled = recorded.replace(/^(service,standby,.*?,)(UP|DOWN|no check)(,)/m, '$1MAINT$3');
  expect(disabled).not.toBe(recorded);
  const port = await listen(httpServer(answering(200, disabled)));
  expect(await look('primary', bundleOfSite({ STATS_BIND: `127.0.0.1:${port}` }))).toMatchObject({
    state: 'failed',
    found: 'HAProxy does not use the standby: it has no certificates for it',
    remedy: expect.stringContaining('npm run failover -- site init'),
  });
});

test('HAProxy is of a version that nobody has tried', async () => {
  const page = await (await fetch(site.statsUrl)).text();
  const port = await listen(
    httpServer(answering(200, page.replace(/HAProxy version [\d.]+/, 'HAProxy version 3.0.11'))),
  );
  expect(await look('versions', bundleOfSite({ STATS_BIND: `127.0.0.1:${port}` }))).toMatchObject({
    state: 'failed',
    found: expect.stringContaining('HAProxy is 3.0.11'),
    remedy: expect.stringContaining('onprem/compose.yaml pins'),
  });
});

test('HAProxy is dead', async () => {
  await site.kill('haproxy');
  expect(await look('haproxy')).toMatchObject({
    state: 'failed',
    found: expect.stringMatching(/^HAProxy does not answer at .*ECONNREFUSED/),
    remedy: expect.stringContaining('docker compose up --detach haproxy'),
  });
  expect(await look('primary')).toMatchObject({
    state: 'skipped',
    found: 'HAProxy does not answer; see haproxy',
  });
});

test('something else answers in the place of HAProxy', async () => {
  const port = await listen(httpServer(answering(200, '<html>')));
  expect(await look('haproxy', bundleOfSite({ STATS_BIND: `127.0.0.1:${port}` }))).toMatchObject({
    state: 'failed',
    found: expect.stringContaining("is not HAProxy's statistics"),
  });
});

test('Prometheus is dead', async () => {
  await site.kill('prometheus');
  expect(await look('prometheus')).toMatchObject({
    state: 'failed',
    found: expect.stringMatching(/^Prometheus does not answer at /),
    remedy: expect.stringContaining('docker compose up --detach prometheus'),
  });
});
