import * as v from 'valibot';
import { described } from './described.ts';
import { policy } from './policy-schema.ts';
import { loopbackPortOf } from './ports.ts';
import {
  architectureOf,
  cidr,
  completeSecretArn,
  deploymentName,
  domainName,
  emailAddress,
  healthPath,
  hostedZoneId,
  httpUrl,
  imageReference,
  instanceId,
  instanceType,
  ipv4Address,
  isEveryOnce,
  managedPolicy,
  plainValue,
  port,
  region,
  regionOf,
  seconds,
  serviceName,
  tags,
} from './values.ts';

/**
 * The one schema of `failover.yaml`. Validation, types, defaults, the reference in
 * docs/configuration.md and the editor's JSON schema all come from here.
 */

/** A document of Systems Manager may have 64 KB, and our script takes about half. */
const mostEnvironmentBytes = 20_000;

/** Each is one word of the shell in a JSON string: a quote takes several characters there. */
function fitsDocument(environment: Readonly<Record<string, string>>): boolean {
  return Buffer.byteLength(JSON.stringify(environment).replaceAll("'", "'\\\\''")) <= mostEnvironmentBytes;
}

const service = v.strictObject({
  name: described(serviceName, 'Names the service in alerts, mails and on the host.'),
  image: described(
    v.optional(imageReference),
    'The image in any registry the host can pull from. Either this or `build`.',
  ),
  build: described(
    v.optional(v.pipe(v.string(), v.nonEmpty())),
    'A folder with a Dockerfile; `cdk deploy` builds it and puts it into ECR. Either this or `image`.',
  ),
  port: described(v.optional(port, 8080), 'The port on the host to which HAProxy sends traffic, encrypted.'),
  loopbackPort: described(
    v.optional(port),
    "Where the container itself is published, on the host's loopback address; `port` + 10000 if left out (− 10000 where that is more than 65535).",
  ),
  containerPort: described(v.optional(port), 'The port inside the container; as `port` if left out.'),
  healthPath: described(v.optional(healthPath, '/health'), 'Answers 2xx when the service can take traffic.'),
  environment: described(
    v.optional(
      v.pipe(
        v.record(v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/, 'a variable name')), plainValue),
        v.check(
          fitsDocument,
          `at most ${mostEnvironmentBytes} bytes in all, names and values, of which the host's document has room for no more`,
        ),
      ),
      {},
    ),
    'Environment of the container, for what is not secret. Secrets go into /etc/hybrid-failover/NAME.env on the host.',
  ),
  startTimeoutSeconds: described(
    v.optional(seconds(1, 900), 60),
    'A start that has not led to a healthy answer by then has failed.',
  ),
  stopGraceSeconds: described(
    v.optional(seconds(1, 300), 20),
    'From SIGTERM to SIGKILL when the standby is stopped.',
  ),
  witnessUrl: described(
    v.optional(httpUrl),
    "The site's public address, asked from the cloud when the site's monitoring is silent. If it does not answer either, the service fails over; without it, silence only tells people.",
  ),
  hookTimeoutSeconds: described(
    v.optional(seconds(1, 300), 30),
    'How long each of your hooks in /etc/hybrid-failover/hooks/NAME on the host may take.',
  ),
});

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
  diskGiB: described(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(1000)), 20),
    'Size of the encrypted disk.',
  ),
});

const dns = v.strictObject({
  service: described(serviceName, 'The service that the name stands for; it needs a `witnessUrl`.'),
  zoneId: described(hostedZoneId, 'The public hosted zone in Route 53 that holds the name.'),
  recordName: described(domainName, 'The name that clients call. The records for it are made here.'),
  siteAddress: described(ipv4Address, "The site's public IPv4 address."),
  port: described(
    v.optional(port, 443),
    'Where clients call, over HTTPS: at the site, and on the host when the name leads there. The health check asks here too.',
  ),
  healthPath: described(
    v.optional(healthPath),
    'What the health check asks the site for: 2xx or 3xx says that the site is there. `healthPath` of the service if left out.',
  ),
  certificateSecretArn: described(
    completeSecretArn,
    'A Secrets Manager secret of your own with the certificate for the name, its chain and its key, as PEM. The host looks once a day whether there is a newer one.',
  ),
});

const keys = v.strictObject({
  name: described(v.optional(deploymentName, 'hybrid-failover'), 'Prefix of the stacks and their resources.'),
  region: described(region, 'Where the standby lives.'),
  emails: described(
    v.pipe(
      v.array(emailAddress),
      v.minLength(1, 'at least one address'),
      v.check((all) => isEveryOnce(all.map((one) => one.toLowerCase())), 'every address only once'),
    ),
    'Who hears of every transition. Each address must confirm its subscription once.',
  ),
  standby: described(
    v.pipe(
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
    ),
    'The EC2 host: one of your own, or one to create.',
  ),
  services: described(
    v.pipe(
      v.array(
        v.pipe(
          service,
          v.check(
            ({ image, build }) => (image === undefined) !== (build === undefined),
            'either image or build',
          ),
        ),
      ),
      v.minLength(1, 'at least one service'),
      v.check((all) => isEveryOnce(all.map(({ name }) => name)), 'every name only once'),
      v.check(
        (all) => isEveryOnce(all.map(({ name }) => name.replaceAll('-', ''))),
        'names that differ in more than their hyphens: in the names of CloudFormation there are none',
      ),
      v.check((all) => new Set(all.map(({ port }) => port)).size === all.length, 'every port only once'),
      v.check(
        (all) => new Set(all.flatMap(portsOf)).size === 2 * all.length,
        'every port only once, those on the loopback address (`loopbackPort`, or `port` + 10000) among them',
      ),
    ),
    'What runs on the standby.',
  ),
  webhook: described(
    v.optional(
      v.strictObject({
        tokenSecretArn: described(
          v.optional(completeSecretArn),
          'A Secrets Manager secret of your own that holds the token; one is made if left out.',
        ),
      }),
      {},
    ),
    'How Alertmanager proves who it is.',
  ),
  dns: described(
    v.optional(dns),
    'Lets outside clients find the standby when the whole site is lost. See docs/dns.md.',
  ),
  policy: described(v.optional(policy, {}), 'When to move.'),
  tags: described(
    v.optional(tags, {}),
    'Put on every resource that takes tags, besides `project: hybrid-failover`.',
  ),
  permissionsBoundaryArn: described(
    v.optional(managedPolicy),
    'An IAM policy that bounds every role of the stacks, for accounts that demand one.',
  ),
});

const portsOf = (one: v.InferOutput<typeof service>) => [one.port, loopbackPortOf(one)];

/** What `standby.host.instanceType` is if it is left out. */
export const instanceTypeOf = ({ instanceType, architecture }: v.InferOutput<typeof createdHost>) =>
  instanceType ?? (architecture === 'arm64' ? 't4g.small' : 't3.small');

const arnsOf = ({ webhook, dns }: v.InferOutput<typeof keys>) =>
  [webhook.tokenSecretArn, dns?.certificateSecretArn].filter((arn) => arn !== undefined);

export const schema = v.pipe(
  keys,
  v.forward(
    v.partialCheck(
      [['standby', 'host']],
      ({ standby: { host } }) => !host || architectureOf(instanceTypeOf(host)) === host.architecture,
      'a type of the architecture in `standby.host.architecture`: t3.small is x86_64, t4g.small is arm64',
    ),
    ['standby', 'host', 'instanceType'],
  ),
  v.forward(
    v.partialCheck(
      [
        ['standby', 'host'],
        ['standby', 'alternateInstanceTypes'],
      ],
      ({ standby: { host, alternateInstanceTypes } }) =>
        !host || alternateInstanceTypes.every((type) => architectureOf(type) === host.architecture),
      'types of the architecture in `standby.host.architecture`',
    ),
    ['standby', 'alternateInstanceTypes'],
  ),
  v.forward(
    v.partialCheck(
      [['region'], ['webhook'], ['dns']],
      (config) => arnsOf(config as never).every((arn) => regionOf(arn) === config.region),
      'the region of `webhook.tokenSecretArn` and `dns.certificateSecretArn`, which are read from here',
    ),
    ['region'],
  ),
  v.forward(
    v.partialCheck(
      [['standby', 'pilotLight'], ['services']],
      ({ standby, services }) => !standby.pilotLight || services.length === 1,
      'false with more than one service, because stopping the instance would stop them all',
    ),
    ['standby', 'pilotLight'],
  ),
  v.forward(
    v.partialCheck(
      [['dns'], ['standby', 'host']],
      ({ dns, standby }) => dns === undefined || standby.host !== undefined,
      'no section without `standby.host`: the address and the open port belong to the host that is created',
    ),
    ['dns'],
  ),
  v.forward(
    v.partialCheck(
      [['dns'], ['services']],
      ({ dns, services }) => dns === undefined || services.some(({ name }) => name === dns.service),
      'the name of one of the services',
    ),
    ['dns', 'service'],
  ),
  v.forward(
    v.partialCheck(
      [['dns'], ['services']],
      ({ dns, services }) =>
        !services.some(({ name, witnessUrl }) => name === dns?.service && witnessUrl === undefined),
      'a service with a `witnessUrl`: without one nothing starts the standby when the site is lost',
    ),
    ['dns', 'service'],
  ),
  v.forward(
    v.partialCheck(
      [['dns'], ['services']],
      ({ dns, services }) =>
        !services.some(
          ({ witnessUrl = '' }) => dns !== undefined && URL.parse(witnessUrl)?.hostname === dns.recordName,
        ),
      "a name that no `witnessUrl` asks: in an outage it leads to the standby, and the witness must ask the site; give it the site's address",
    ),
    ['dns', 'recordName'],
  ),
  v.forward(
    v.partialCheck(
      [['dns'], ['services']],
      ({ dns, services }) => dns === undefined || !services.flatMap(portsOf).includes(dns.port),
      'a port that no service uses',
    ),
    ['dns', 'port'],
  ),
);

export type Config = v.InferOutput<typeof schema>;
export type ServiceConfig = Config['services'][number];
export type DnsConfig = NonNullable<Config['dns']>;
export type HostConfig = NonNullable<Config['standby']['host']>;
