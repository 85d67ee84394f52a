import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeKeyPair } from '../../drill/kit/key-pair.ts';
import type { PartName } from '../../drill/parts/catalogue.ts';
import { findParts } from '../../drill/parts/find.ts';
import { invocation, type Program } from '../../drill/parts/program.ts';
import { repository } from './site.ts';

const monitoring = `${repository}monitoring`;
const folder = mkdtempSync(join(tmpdir(), 'configs-'));
const names = ['haproxy', 'promtool', 'amtool', 'blackbox_exporter'] as const;
let parts: Record<(typeof names)[number], Program>;

const site: Record<string, string> = {
  SERVICE_NAME: 'shop',
  HAPROXY_METRICS_ADDRESS: '127.0.0.1:1405',
  BLACKBOX_ADDRESS: '127.0.0.1:1115',
  PROMETHEUS_ADDRESS: '127.0.0.1:1090',
  PROMETHEUS_RULES: `${monitoring}/rules/*.yml`,
  PRIMARY_HEALTH_URL: 'http://127.0.0.1:1081/healthz',
  ALERTMANAGER_ADDRESS: '127.0.0.1:1093',
  FAILOVER_WEBHOOK_URL: 'https://example.com/failover',
  WEBHOOK_TOKEN_FILE: join(folder, 'token'),
  SMTP_SMARTHOST: 'mail.example.com:587',
  SMTP_FROM: 'failover@example.com',
  SMTP_REQUIRE_TLS: 'false',
  ALERT_EMAIL_TO: 'people@example.com',
};

beforeAll(async () => {
  // A program that cannot be had fails the tests: an unchecked config is not a valid one.
  parts = await findParts(names, { mounts: [repository, folder] });
  writeFileSync(join(folder, 'token'), 'secret');
  for (const name of ['site', 'standby'])
    writeFileSync(join(folder, `${name}.pem`), (await makeKeyPair(name, folder)).pem);
}, 180_000);

/** Runs a checker and answers all it said; fails the test if it was not content. */
function check(
  name: PartName & keyof typeof parts,
  args: string[],
  env: Record<string, string> = {},
): string {
  const start = invocation(parts[name], args, env);
  const { status, stdout, stderr } = spawnSync(start.command, start.args, {
    env: start.env,
    encoding: 'utf8',
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
  return `${stdout}${stderr}`;
}

function rendered(name: string, more: Record<string, string> = {}): string {
  const output = join(folder, name);
  execFileSync(`${monitoring}/render.sh`, [`${monitoring}/${name}`, output], {
    env: { ...process.env, ...site, ...more },
  });
  return output;
}

describe('the files as they are shipped', () => {
  test('V1: haproxy -c, without a warning', () => {
    const said = check('haproxy', ['-c', '-f', `${repository}onprem/haproxy/haproxy.cfg`]);
    expect(said).not.toMatch(/WARNING|ALERT/);
    expect(said).toContain('SITE_CERTIFICATE_FILE is none: the standby is not used');
  });
  test('promtool check config', () =>
    void check('promtool', ['check', 'config', `${monitoring}/prometheus.yml`]));
  test('promtool check rules', () => {
    const rules = readdirSync(`${monitoring}/rules`).map((name) => `${monitoring}/rules/${name}`);
    check('promtool', ['check', 'rules', ...rules]);
  });
  test('promtool test rules', () => {
    const tests = readdirSync(`${monitoring}/tests`).map((name) => `${monitoring}/tests/${name}`);
    expect(tests).not.toHaveLength(0);
    check('promtool', ['test', 'rules', ...tests]);
  });
  test('amtool check-config', () => void check('amtool', ['check-config', `${monitoring}/alertmanager.yml`]));
  test('blackbox exporter', () =>
    void check('blackbox_exporter', [`--config.file=${monitoring}/blackbox.yml`, '--config.check']));
});

describe('the files with a site in them', () => {
  test('V1: haproxy -c, with certificates, without a warning of its own', () => {
    const env = {
      SERVICE_BIND: ':8080',
      STATS_BIND: ':8404',
      METRICS_BIND: ':8405',
      PRIMARY_ADDRESS: 'api.invalid:3000',
      STANDBY_ADDRESS: 'standby.invalid:8080',
      SITE_CERTIFICATE_FILE: join(folder, 'site.pem'),
      STANDBY_CERTIFICATE_FILE: join(folder, 'standby.pem'),
      HEALTH_PATH: '/healthz',
      RESPONSE_TIMEOUT: '2m',
      HEALTH_HOST: 'shop.example.com',
      HAPROXY_LOG: '127.0.0.1:514',
      HAPROXY_LOG_FORMAT: 'rfc5424',
    };
    // Names that do not resolve must not keep HAProxy from starting: it tells people about each.
    const said = check('haproxy', ['-c', '-f', `${repository}onprem/haproxy/haproxy.cfg`], env);
    expect(said).not.toContain('ALERT');
    // It has no other complaint.
    const warnings = said.split('\n').filter((line) => line.includes('WARNING'));
    expect(warnings.filter((line) => !line.includes('could not resolve address'))).toEqual([]);
  });
  test.each([
    ['PARK_SECONDS', 'soon', 'PARK_SECONDS is "soon"; expected a whole number, 0 or more;'],
    ['PRIMARY_MAXCONN', '1k', 'PRIMARY_MAXCONN is "1k"; expected a whole number, 0 or more;'],
    ['PARK_MAX', '-1', 'PARK_MAX is "-1"; expected a whole number, 0 or more;'],
    [
      'SITE_CERTIFICATE_FILE',
      '/nowhere/site.pem',
      'SITE_CERTIFICATE_FILE is "/nowhere/site.pem", which cannot be read; make it with "npm run failover -- site init"',
    ],
    [
      'SITE_CERTIFICATE_FILE',
      '/dev/null',
      'SITE_CERTIFICATE_FILE is "/dev/null", which holds no certificate; make it with',
    ],
    ['REQUESTS_MAX', 'many', 'REQUESTS_MAX is "many"; expected a whole number, 0 or more;'],
    ['STREAMS_MAX_PER_SOURCE', '1.5', 'STREAMS_MAX_PER_SOURCE is "1.5"; expected a whole number, 0 or more;'],
    ['STREAM_TIMEOUT', 'long', 'STREAM_TIMEOUT is "long"; expected a time such as 60s or 2m;'],
    ['RESPONSE_TIMEOUT', '15 s', 'RESPONSE_TIMEOUT is "15 s"; expected a time such as 60s or 2m;'],
    ['IDEMPOTENCY_KEY', 'yes', "IDEMPOTENCY_KEY is 'yes'; expected on or off;"],
  ])('haproxy -c refuses %s=%s', (name, value, message) => {
    const start = invocation(parts.haproxy, ['-c', '-f', `${repository}onprem/haproxy/haproxy.cfg`], {
      [name]: value,
    });
    const { status, stderr } = spawnSync(start.command, start.args, { env: start.env, encoding: 'utf8' });
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
  test('promtool check config', () => {
    expect(check('promtool', ['check', 'config', rendered('prometheus.yml')])).toContain(
      '4 rule files found',
    );
  });
  test('amtool check-config', () => void check('amtool', ['check-config', rendered('alertmanager.yml')]));
  test('S3: amtool check-config, with a forward proxy and without one', () => {
    expect(readFileSync(rendered('alertmanager.yml'), 'utf8')).not.toContain('proxy_url');
    const output = rendered('alertmanager.yml', {
      WEBHOOK_PROXY_URL: 'http://user:pass@proxy.example.com:3128',
    });
    expect(readFileSync(output, 'utf8')).toContain('proxy_url: "http://user:pass@proxy.example.com:3128"');
    check('amtool', ['check-config', output]);
  });

  test.each([
    ['alertname=PrimaryDown service=shop severity=critical', 'failover,people'],
    ['alertname=PrimaryUp service=shop severity=info', 'failover'],
    ['alertname=Serving service=shop severity=info site=primary', 'failover'],
    ['alertname=Serving service=shop severity=info site=nobody', 'failover'],
    ['alertname=StandbyNotServing service=shop severity=critical', 'failover,people'],
    ['alertname=MonitoringTargetDown service=shop severity=warning', 'people'],
    // Who cannot be reached must not be the one who is told.
    ['alertname=WebhookFailing service=shop severity=critical', 'people'],
    ['alertname=SomethingElse', 'people'],
  ])('%s goes to %s', (labels, receivers) => {
    const config = `--config.file=${rendered('alertmanager.yml')}`;
    expect(check('amtool', ['config', 'routes', 'test', config, ...labels.split(' ')]).split('\n')[0]).toBe(
      receivers,
    );
  });
});
