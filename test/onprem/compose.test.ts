import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { services } from '../../drill/compose/bring-up.ts';
import { repository } from './site.ts';

const text = readFileSync(`${repository}onprem/compose.yaml`, 'utf8');
const dockerfile = readFileSync(`${repository}onprem/api/Dockerfile`, 'utf8');

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean | string;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: unknown;
  readonly privileged?: unknown;
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly secrets?: readonly string[];
  readonly volumes?: readonly (string | { readonly source: string })[];
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, { aliases?: readonly string[] } | null>>;
  readonly command?: readonly string[];
}

/** What stands in the file, with every variable at its default. */
const compose = parse(text.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{(\w+):\?[^}]*\}/g, '<$1>'), {
  merge: true,
}) as { services: Record<string, Service>; name?: string };

const of = (name: string): Service => {
  const service = compose.services[name];
  if (!service) throw new Error(`onprem/compose.yaml has no service ${name}`);
  return service;
};

const all = Object.keys(compose.services);

test('the drill looks at every service that nobody has to ask for', () => {
  expect([...services].sort()).toEqual(all.filter((name) => !of(name).profiles).sort());
});

describe.each(all)('%s', (name) => {
  test('does not run as root', () => {
    // The image of the application brings its own user.
    const user = name === 'api' ? /^USER (\S+)$/m.exec(dockerfile)?.[1] : of(name).user;
    expect(user).toMatch(/^(<SITE_USER>|[1-9]\d*:[1-9]\d*)$/);
  });
  test('cannot write to its root file system', () => expect(String(of(name).read_only)).toBe('true'));
  test('has no capabilities and gets no new privileges', () => {
    const { cap_drop, cap_add, privileged, security_opt } = of(name);
    expect({ cap_drop, cap_add, privileged, security_opt }).toEqual({
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });
  test('has a health check', () => {
    const inImage = /^HEALTHCHECK .*\\\n {2}CMD \["node", "healthcheck.mjs"\]$/m.test(dockerfile);
    const known = name === 'api' ? inImage : /^CMD,wget/.test(String(of(name).healthcheck?.test));
    expect(known).toBe(true);
  });
  test('is started again', () => expect(of(name).restart).toBe('unless-stopped'));
  test('has a log that does not grow without end', () => {
    expect(of(name).logging).toEqual({
      driver: 'json-file',
      options: { 'max-size': '10m', 'max-file': '3' },
    });
  });
  test('has an image of a precise version', () => {
    const image = name === 'api' ? (/^ARG BASE_IMAGE=(\S+)$/m.exec(dockerfile)?.[1] ?? '') : of(name).image;
    expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+(-[\w-]+)?$/);
  });
  test('gets from the host only what it needs', () => {
    const sources = (of(name).volumes ?? []).map((one) => (typeof one === 'string' ? one : one.source));
    for (const source of sources)
      expect(source).toMatch(/^(\.\/haproxy|\.\.\/monitoring):\S+:ro$|^\.\/data\/\w+$/);
  });
});

test('a secret is given only to who uses it', () => {
  const holders = all.filter((name) => (of(name).secrets ?? []).length > 0);
  expect(holders.filter((name) => !['alertmanager', 'haproxy'].includes(name))).toEqual([]);
  for (const name of holders) expect(of(name).user).toBe('<SITE_USER>');
  expect(all.filter((name) => of(name).secrets?.includes('webhook_token'))).toEqual(['alertmanager']);
});

test('only the service itself is reached from outside', () => {
  const published = all.flatMap((name) => of(name).ports ?? []);
  expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual(['0.0.0.0:8080:8080']);
});

describe('Grafana', () => {
  test('runs only if it is asked for, and nothing waits for it', () => {
    expect(of('grafana').profiles).toEqual(['dashboards']);
    for (const name of all) expect(of(name).depends_on ?? []).not.toContain('grafana');
  });
  test('keeps nothing: it writes to memory only', () => {
    expect(of('grafana')).toMatchObject({ tmpfs: ['/tmp'], environment: { GF_PATHS_DATA: '/tmp' } });
    expect(of('grafana').volumes).toEqual(['../monitoring:/etc/monitoring:ro']);
  });
  test('lets everybody look, and nobody in', () => {
    expect(of('grafana').environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
      GF_AUTH_BASIC_ENABLED: 'false',
      GF_AUTH_DISABLE_LOGIN_FORM: 'true',
      GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: 'true',
      GF_USERS_ALLOW_SIGN_UP: 'false',
    });
  });
});

test('Compose 1.29 can read it too', () => {
  expect(compose.name).toBeUndefined();
  expect(text).not.toMatch(/^[^#\n]*\$\{\w+:?\+/m);
  expect(text.match(/pull_policy: .*/g)).toEqual(['pull_policy: if_not_present']);
});

/** Of a service that names none, what Compose gives it. */
function networksOf(name: string): readonly string[] {
  const { networks = ['default'] } = of(name);
  return Array.isArray(networks) ? networks : Object.keys(networks);
}

test('S1: the application shares no network with what could speak in its name', () => {
  for (const name of ['prometheus', 'alertmanager', 'grafana'])
    expect(
      networksOf(name).filter((one) => networksOf('api').includes(one)),
      name,
    ).toEqual([]);
  // Whoever must talk to each other can.
  const pairs = [
    ['haproxy', 'api'],
    ['blackbox', 'api'],
    ['prometheus', 'haproxy'],
    ['prometheus', 'blackbox'],
    ['prometheus', 'alertmanager'],
    ['grafana', 'prometheus'],
  ] as const;
  for (const [one, other] of pairs)
    expect(
      networksOf(one).some((name) => networksOf(other).includes(name)),
      `${one}, ${other}`,
    ).toBe(true);
});

test('S1: who stands in the network of the application shows it nothing but the service', () => {
  const shared = all.filter((name) => name !== 'api' && networksOf(name).includes('service'));
  expect(shared).toEqual(['haproxy', 'blackbox']);
  for (const name of shared)
    expect(of(name).networks).toEqual({ service: null, monitoring: { aliases: [`${name}-inside`] } });
  const { SERVICE_BIND, ...binds } = Object.fromEntries(
    Object.entries(of('haproxy').environment ?? {}).filter(([name]) => name.endsWith('_BIND')),
  );
  expect(SERVICE_BIND).toBe(':8080');
  for (const [name, bind] of Object.entries(binds)) expect(bind, name).toMatch(/^haproxy-inside:\d+$/);
  expect(of('blackbox').command).toContain('--web.listen-address=blackbox-inside:9115');
});
