import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildApp } from '../../lib/app.ts';
import type { Config } from '../../lib/config/schema.ts';
import { configOf, configs } from './templates.ts';

/** Somebody else's look at the templates: https://github.com/aws-cloudformation/cfn-lint */
const isThere = spawnSync('cfn-lint', ['--version']).status === 0;
if (!isThere)
  console.log(
    'cfn-lint is not on this machine ("pip install cfn-lint"): the templates were not looked at by it',
  );

const folder = mkdtempSync(join(tmpdir(), 'lint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const base = configOf('failover.yaml');
const [service] = base.services;
if (!service) throw new Error('no service');
const arn = (kind: string) => `arn:aws:${kind}:${base.region}:123456789012`;

/** What the shipped configurations do not have. */
const odd: Readonly<Record<string, Config>> = {
  'everything at once': {
    ...base,
    tags: { owner: 'a b', cost: '1' },
    permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/bound',
    standby: {
      ...base.standby,
      alternateInstanceTypes: ['t3a.small'],
      ...(base.standby.host && { host: { ...base.standby.host, imageId: 'ami-0123456789abcdef0' } }),
    },
    services: [
      {
        ...service,
        secrets: {
          A: `${arn('secretsmanager')}:secret:acme/a-AbCdEf`,
          B: `${arn('ssm')}:parameter/acme/b`,
        },
        secretKeys: [`${arn('kms')}:key/12345678-1234-1234-1234-123456789012`],
        container: { ...service.container, command: ['a', "b'c"], memoryMiB: 300, tmpfs: ['/tmp'] },
      },
    ],
  },
  'a network, a group and a key of its own': {
    ...base,
    standby: {
      ...base.standby,
      ...(base.standby.host && {
        host: {
          ...base.standby.host,
          generation: 3,
          availabilityZone: `${base.region}b`,
          vpcId: 'vpc-0123456789abcdef0',
          subnetId: 'subnet-0123456789abcdef0',
          securityGroupId: 'sg-0123456789abcdef0',
          volumeKeyArn: `${arn('kms')}:key/12345678-1234-1234-1234-123456789012`,
        },
      }),
    },
  },
  'fifty services': {
    ...base,
    services: Array.from({ length: 50 }, (_, at) => ({ ...service, name: `s-${at}`, port: 8000 + at })),
  },
};

const all = [...configs.map((file) => [file, configOf(file)] as const), ...Object.entries(odd)];

test.skipIf(!isThere)(
  'cfn-lint finds no error in the templates of any configuration',
  { timeout: 300_000 },
  () => {
    for (const [name, config] of all) {
      const outdir = join(folder, name.replaceAll(/\W/g, '-'));
      buildApp(config, { outdir, context: { 'aws:cdk:bundling-stacks': [] } }).synth();
    }
    const templates = globSync(join(folder, '*/*.template.json'));
    expect(templates.length).toBeGreaterThan(all.length);
    // W3005: CDK names dependencies that CloudFormation sees already. W3010: a zone is hard-coded where somebody asked for it.
    const { status, stdout } = spawnSync('cfn-lint', ['--ignore-checks', 'W3005,W3010', '--', ...templates], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  },
);
