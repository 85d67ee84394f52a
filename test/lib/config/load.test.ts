import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { buildApp } from '../../../lib/app.ts';
import { ConfigError, loadConfig } from '../../../lib/config/load.ts';
import { architectureOf } from '../../../lib/config/values.ts';
import { instanceTypeOf } from '../../../lib/kinds/ec2/schema.ts';

const noBundling = { context: { 'aws:cdk:bundling-stacks': [] } };
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The first line of each file says what the error must contain. */
describe('a mistake gives one clear line', () => {
  test.each(readdirSync(path('./invalid')))('%s', (name) => {
    const file = path(`./invalid/${name}`);
    const expected = /^# error: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 'no expectation in the file';
    const error = errorOf(() => loadConfig(file));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message.startsWith(`${file}: `)).toBe(true);
    expect(error.message).toContain(expected);
    expect(error.message.split('\n')).toHaveLength(1);
  });

  it('a file that is not there', () => {
    expect(errorOf(() => loadConfig('/nowhere.yaml')).message).toMatch(
      /^\/nowhere.yaml: cannot be read \(ENOENT/,
    );
  });
});

describe('the files we ship', () => {
  test.each([
    '../../../failover.yaml',
    ...readdirSync(path('../../../docs/examples')).map((name) => `../../../docs/examples/${name}`),
  ])('%s is valid', (file) => {
    expect(loadConfig(path(file)).services.length).toBeGreaterThan(0);
  });

  it('defaults are filled in', () => {
    expect(loadConfig(path('../../../docs/examples/own-instance.yaml'))).toMatchObject({
      name: 'hybrid-failover',
      policy: {
        leaseSeconds: 30,
        heartbeatTimeoutSeconds: 45,
        stableSeconds: 60,
        cooldownSeconds: 300,
        drainSeconds: 30,
      },
      services: [{ startTimeoutSeconds: 60, stopGraceSeconds: 20, environment: {} }],
    });
  });
});

describe('what can be deployed is accepted', () => {
  const text = (changes: string) => `emails: [a@example.com]
standby: { host: { siteCidrs: [203.0.113.0/24] } }
services: [{ name: api, image: acme/api:1 }]
region: eu-central-1
${changes}`;
  const accepts = (content: string) => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'failover.yaml');
    writeFileSync(file, content);
    return loadConfig(file);
  };

  it.each([
    'eu-central-1',
    'us-gov-west-1',
    'cn-north-1',
    'ap-southeast-5',
    'eusc-de-east-1',
    'us-iso-east-1',
  ])('region %s', (region) => {
    expect(accepts(text('').replace('eu-central-1', region)).region).toBe(region);
  });

  it.each([
    'api',
    'acme/api:1.4.2',
    'ghcr.io/acme/api_x/y-z.w:V1',
    'localhost:5000/api',
    `registry.example.com:5000/a/b@sha256:${'a'.repeat(64)}`,
    `api:1@sha256:${'0'.repeat(64)}`,
    '123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/api:1',
  ])('image %s', (image) => {
    expect(accepts(text('').replace('acme/api:1', `"${image}"`)).services[0]?.image).toBe(image);
  });

  it.each([
    ['arm64', 't4g.small'],
    ['x86_64', 't3.small'],
  ])('architecture %s alone has a type that fits: %s', (architecture, type) => {
    const { standby } = accepts(text('').replace('host: {', `host: { architecture: ${architecture},`));
    expect(standby.host && instanceTypeOf(standby.host)).toBe(type);
  });

  it.each([
    [
      'arm64',
      [
        'a1.medium',
        't4g.nano',
        'm6gd.large',
        'c7gn.xlarge',
        'x2gd.medium',
        'im4gn.large',
        'is4gen.medium',
        'g5g.xlarge',
        'hpc7g.4xlarge',
      ],
    ],
    [
      'x86_64',
      [
        't3.small',
        't3a.nano',
        'm5.large',
        'g4dn.xlarge',
        'g6.xlarge',
        'c5n.large',
        'i4i.large',
        'u7i-12tb.224xlarge',
        'hpc7a.12xlarge',
      ],
    ],
  ])('%s: %j', (architecture, types) => {
    for (const type of types) expect(architectureOf(type), type).toBe(architecture);
  });

  it('a name of 31 characters, and 31 for a service', () => {
    const name = `a${'b'.repeat(30)}`;
    expect(accepts(`name: ${name}\n${text('').replace('name: api', `name: ${name}`)}`).name).toBe(name);
  });

  it('fifty services fit into what the functions can be told, and what does not fit is one clear line', () => {
    const many = (count: number, more = '') =>
      text('').replace(
        /^services:.*$/m,
        `services:\n${Array.from({ length: count }, (_, at) => `  - { name: service-${at}x, image: acme/api:1, port: ${8100 + at}${more} }`).join('\n')}`,
      );
    expect(() => buildApp(accepts(many(50)), noBundling)).not.toThrow();
    const error = errorOf(() =>
      buildApp(accepts(many(59, ', witnessUrl: https://api.example.com/a/long/path/to/health')), noBundling),
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(
      /^services: received 59 services, of which Lambda's environment would hold \d+ bytes, expected at most 3400;/,
    );
  });

  it('an environment of almost 16,000 bytes leaves a document below 64 KB', () => {
    const config = accepts(
      text('').replace('image: acme/api:1', `image: acme/api:1, environment: { BIG: ${'x'.repeat(15_900)} }`),
    );
    const { stacks } = buildApp(config, noBundling).synth();
    const documents = stacks.flatMap(({ template }) =>
      Object.values(
        template.Resources as Record<string, { Type: string; Properties: { Content?: unknown } }>,
      ).filter(({ Type }) => Type === 'AWS::SSM::Document'),
    );
    expect(documents).toHaveLength(1);
    expect(JSON.stringify(documents[0]?.Properties.Content).length).toBeLessThan(64 * 1024);
  });
});

function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error, received none');
}
