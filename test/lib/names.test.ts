import { describe, expect, test } from 'vitest';
import type { Config } from '../../lib/config/schema.ts';
import { configOf, configs, type Resource, resourcesOf } from './templates.ts';

/** Properties that are the name of the resource itself, and not of another one. */
const naming: Readonly<Record<string, string>> = {
  'AWS::SSM::Document': 'Name',
  'AWS::SSM::Parameter': 'Name',
  'AWS::SSM::Association': 'AssociationName',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::ApiGatewayV2::Api': 'Name',
};

/** Everything in an account that has a name of its own choice, as `type name`. */
function namesOf(resources: ReadonlyMap<string, Resource>): Set<string> {
  return new Set(
    [...resources.values()].flatMap(({ Type, Properties }) => {
      const own = naming[Type] ?? `${Type.split('::').at(-1)}Name`;
      const given = Properties[own] ?? (Type === 'AWS::Lambda::Alias' ? undefined : Properties.Name);
      const name = `${Type} ${given}`;
      return typeof given === 'string' && !within.test(name) ? [name] : [];
    }),
  );
}

/** Names within something else: a role, an API, a hosted zone. */
const within = /^AWS::(IAM::Policy|ApiGatewayV2::Stage|Route53::RecordSet) /;
/** AWS makes its id; it may be called as another one is. */
const apis = /^AWS::ApiGatewayV2::Api /;
/** Of these there is one for a whole account, whatever the region. */
const global = /^AWS::(CloudWatch::Dashboard|IAM::\w+) /;

describe('two deployments live in one account', () => {
  test.each(configs)('%s, and the same under another name: no physical name in common', (file) => {
    const config = configOf(file);
    const other = { ...config, name: 'second' } satisfies Config;
    const [one, two] = [namesOf(resourcesOf(config)), namesOf(resourcesOf(other))];
    expect(one.size).toBeGreaterThan(15);
    expect([...one].filter((name) => two.has(name) && !apis.test(name))).toEqual([]);
  });

  test.each(configs)('%s, and the same in another region: none that is global', (file) => {
    const config = configOf(file);
    const [here, there] = [config, { ...config, region: 'ap-south-2' }].map((one) =>
      namesOf(resourcesOf(one)),
    );
    const both = [...(here ?? [])].filter((name) => there?.has(name) && global.test(name));
    expect(both).toEqual([]);
  });

  test.each(configs)('%s has no launch template, whose name would be fixed', (file) => {
    const types = [...resourcesOf(configOf(file)).values()].map(({ Type }) => Type);
    expect(types).not.toContain('AWS::EC2::LaunchTemplate');
  });
});

describe('the host', () => {
  const host = (changes: Partial<NonNullable<Config['standby']['host']>> = {}) => {
    const config = configOf('failover.yaml');
    const standby = { ...config.standby, host: { ...config.standby.host, ...changes } };
    const resources = resourcesOf({ ...config, standby } as Config);
    const of = (type: string) => [...resources.values()].find(({ Type }) => Type === type);
    const types = [...resources.values()].map(({ Type }) => Type);
    const ids = [...resources].flatMap(([id, { Type }]) => (Type === 'AWS::EC2::Instance' ? id : []));
    return { instance: of('AWS::EC2::Instance')?.Properties, address: of('AWS::EC2::EIP'), types, ids };
  };

  test('takes tokens of its metadata service in one hop only: containers do not reach its role', () => {
    expect(host().instance?.MetadataOptions).toEqual({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 });
  });

  test('is made of the image that is pinned, and of no parameter', () => {
    const { instance } = host({ imageId: 'ami-0123456789abcdef0' });
    expect(instance?.ImageId).toBe('ami-0123456789abcdef0');
  });

  test('is in the network, the group and the zone that are given, on a disk with the key that is given', () => {
    const given = {
      availabilityZone: 'eu-central-1b',
      vpcId: 'vpc-0123456789abcdef0',
      subnetId: 'subnet-0123456789abcdef0',
      securityGroupId: 'sg-0123456789abcdef0',
      volumeKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/12345678-1234-1234-1234-123456789012',
    };
    const { instance, types } = host(given);
    expect(instance).toMatchObject({
      AvailabilityZone: given.availabilityZone,
      SubnetId: given.subnetId,
      SecurityGroupIds: [given.securityGroupId],
      BlockDeviceMappings: [{ Ebs: { Encrypted: true, KmsKeyId: expect.anything() } }],
    });
    expect(JSON.stringify(instance?.BlockDeviceMappings)).toContain('12345678-1234-1234-1234-123456789012');
    expect(types.filter((type) => /::(VPC|Subnet|SecurityGroup|InternetGateway)$/.test(type))).toEqual([]);
  });

  test('is another one with another generation', () => {
    const [first, second] = [host(), host({ generation: 2 })].map(({ ids }) => ids);
    expect(first).not.toEqual(second);
  });

  test('gets its address when the gateway is attached', () => {
    const { address } = host();
    const { DependsOn = [] } = (address ?? {}) as { DependsOn?: string | string[] };
    expect([DependsOn].flat().join()).toMatch(/VPCGW/);
  });
});

test('operators reach the code that is deployed, with the environment of now', () => {
  const [alias] = [...resourcesOf(configOf('failover.yaml')).values()].filter(
    ({ Type }) => Type === 'AWS::Lambda::Alias',
  );
  expect(alias?.Properties).toMatchObject({ Name: 'operators', FunctionVersion: '$LATEST' });
});
