import * as v from 'valibot';
import { described } from '../../config/described.ts';
import {
  architectureOf,
  cidr,
  instanceId,
  instanceType,
  isEveryOnce,
  keyArn,
  port,
} from '../../config/values.ts';

const createdHost = v.strictObject({
  siteCidrs: described(
    v.pipe(
      v.array(cidr),
      v.minLength(1, 'at least one CIDR'),
      v.maxLength(10, 'at most 10 CIDRs: each is a rule for each service, and a security group has 60'),
      v.check(isEveryOnce, 'every CIDR only once'),
    ),
    'The addresses the site sends from; nobody else reaches the service ports.',
  ),
  instanceType: described(
    v.optional(instanceType),
    'Its architecture must match `architecture`; t3.small (arm64: t4g.small) if left out.',
  ),
  architecture: described(
    v.optional(v.picklist(['x86_64', 'arm64']), 'x86_64'),
    'Of the instance and of built images.',
  ),
  imageId: described(
    v.optional(v.pipe(v.string(), v.regex(/^ami-[0-9a-f]{8,17}$/, 'an id such as ami-0123456789abcdef0'))),
    'The machine image: Amazon Linux 2023 of the region and architecture. `npm run failover -- host image` writes the newest one here. Without it, each deployment after Amazon has published another one replaces the host.',
  ),
  generation: described(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)), 1),
    'Another number is another instance. `npm run failover -- host replace` raises it, for a host that is broken or gone.',
  ),
  availabilityZone: described(
    v.optional(v.pipe(v.string(), v.regex(/^[a-z]+(-[a-z0-9]+)+[a-z]$/, 'a zone such as eu-central-1a'))),
    'Of the instance; AWS chooses if left out. With `subnetId`: the zone of that subnet.',
  ),
  vpcId: described(
    v.optional(v.pipe(v.string(), v.regex(/^vpc-[0-9a-f]{8,17}$/, 'an id such as vpc-0123456789abcdef0'))),
    'An existing VPC for the instance; one is made if left out. `subnetId` and `availabilityZone` belong to it.',
  ),
  subnetId: described(
    v.optional(
      v.pipe(v.string(), v.regex(/^subnet-[0-9a-f]{8,17}$/, 'an id such as subnet-0123456789abcdef0')),
    ),
    'A public subnet of that VPC: its route to the internet is an internet gateway, because the site calls the host at an Elastic IP.',
  ),
  securityGroupId: described(
    v.optional(v.pipe(v.string(), v.regex(/^sg-[0-9a-f]{8,17}$/, 'an id such as sg-0123456789abcdef0'))),
    'An existing security group of that VPC. Nothing is changed in it: it must let `siteCidrs` reach the port of each service and `linePort` (and everybody `dns.port`), and let the host out.',
  ),
  volumeKeyArn: described(
    v.optional(keyArn),
    'A KMS key of your own for the disk; the one of AWS for EBS if left out. Who deploys must be allowed to use it.',
  ),
  diskGiB: described(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(1000)), 20),
    'Size of the encrypted disk.',
  ),
});

export type HostConfig = v.InferOutput<typeof createdHost>;

/** What `standby.host.instanceType` is if it is left out. */
export const instanceTypeOf = ({ instanceType: given, architecture }: HostConfig) =>
  given ?? (architecture === 'arm64' ? 't4g.small' : 't3.small');

/** `standby` of failover.yaml. */
export const standby = v.pipe(
  v.strictObject({
    instanceId: described(
      v.optional(instanceId),
      'An EC2 instance of your own; onprem/README.md says what it needs.',
    ),
    host: described(v.optional(createdHost), 'Settings of the instance to create.'),
    pilotLight: described(
      v.optional(v.boolean(), false),
      'Stop the instance itself while the standby sleeps: cheaper, and a failover takes a minute or more longer. For one service only, and it switches `policy.startOnSuspicion` off.',
    ),
    linePort: described(
      v.optional(port, 7443),
      'The line: where HAProxy on the site calls the host to wake the standby. One port for all services.',
    ),
    alternateInstanceTypes: described(
      v.optional(
        v.pipe(
          v.array(instanceType),
          v.maxLength(10, 'at most 10 types'),
          v.check(isEveryOnce, 'every type only once'),
        ),
        [],
      ),
      'Tried in turn when EC2 has no capacity to start the instance. Same architecture as the instance.',
    ),
  }),
  v.check(
    ({ instanceId, host }) => (instanceId === undefined) !== (host === undefined),
    'either instanceId or host',
  ),
  v.forward(
    v.partialCheck(
      [['host']],
      ({ host }) => !host || (host.vpcId === undefined) === (host.subnetId === undefined),
      'both `vpcId` and `subnetId`, or neither',
    ),
    ['host', 'subnetId'],
  ),
  v.forward(
    v.partialCheck(
      [['host']],
      ({ host }) => !host?.vpcId || host.availabilityZone !== undefined,
      'the zone of `subnetId`',
    ),
    ['host', 'availabilityZone'],
  ),
  v.forward(
    v.partialCheck(
      [['host']],
      ({ host }) => !host?.securityGroupId || host.vpcId !== undefined,
      'no group without the VPC that it belongs to (`vpcId`)',
    ),
    ['host', 'securityGroupId'],
  ),
  v.forward(
    v.partialCheck(
      [['host']],
      ({ host }) => !host || architectureOf(instanceTypeOf(host)) === host.architecture,
      'a type of the architecture in `standby.host.architecture`: t3.small is x86_64, t4g.small is arm64',
    ),
    ['host', 'instanceType'],
  ),
  v.forward(
    v.partialCheck(
      [['host'], ['alternateInstanceTypes']],
      ({ host, alternateInstanceTypes }) =>
        !host || alternateInstanceTypes.every((type) => architectureOf(type) === host.architecture),
      'types of the architecture in `standby.host.architecture`',
    ),
    ['alternateInstanceTypes'],
  ),
);
