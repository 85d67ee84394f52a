import * as v from 'valibot';
import { standby } from '../kinds/ec2/schema.ts';
import { described } from './described.ts';
import { dns } from './dns.ts';
import { policy } from './policy.ts';
import { portsOf, type Service, service } from './service.ts';
import {
  completeSecretArn,
  deploymentName,
  emailAddress,
  isEveryOnce,
  managedPolicy,
  region,
  regionOf,
  tags,
} from './values.ts';

/**
 * The one schema of `failover.yaml`. Validation, types, defaults, the reference in
 * docs/configuration.md and the editor's JSON schema all come from here.
 */

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
  standby: described(standby, 'The EC2 host: one of your own, or one to create.'),
  services: described(
    v.pipe(
      v.array(
        v.pipe(
          service,
          v.check(
            ({ image, build }) => (image === undefined) !== (build === undefined),
            'either image or build',
          ),
          v.forward(
            v.partialCheck(
              [['environment'], ['secrets']],
              ({ environment, secrets }) =>
                !Object.keys(secrets).some((name) => Object.hasOwn(environment, name)),
              'variables that are not in `environment` too',
            ),
            ['secrets'],
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

const arnsOf = ({ webhook, dns, services, standby }: v.InferOutput<typeof keys>) =>
  [
    webhook.tokenSecretArn,
    dns?.certificateSecretArn,
    standby.host?.volumeKeyArn,
    ...services.flatMap(({ secrets, secretKeys }) => [...Object.values(secrets), ...secretKeys]),
  ].filter((arn) => arn !== undefined);

/** Inbound rules of a security group (Amazon VPC quotas). */
const mostRules = 60;

export const schema = v.pipe(
  keys,
  v.forward(
    v.partialCheck(
      [['region'], ['webhook'], ['dns'], ['services'], ['standby']],
      (config) => arnsOf(config as never).every((arn) => regionOf(arn) === config.region),
      'the region of `webhook.tokenSecretArn`, `dns.certificateSecretArn` and the secrets and keys of the services and the disk, which are read from here',
    ),
    ['region'],
  ),
  v.forward(
    v.partialCheck(
      [['region'], ['standby', 'host']],
      ({ region, standby: { host } }) =>
        host?.availabilityZone === undefined || host.availabilityZone.slice(0, -1) === region,
      'a zone of `region`',
    ),
    ['standby', 'host'],
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
      [['dns'], ['services'], ['standby', 'host']],
      ({ dns, services, standby: { host } }) =>
        (host?.siteCidrs.length ?? 0) * (services.length + 1) + (dns ? 1 : 0) <= mostRules,
      `at most ${mostRules} CIDRs times services and the line: each is a rule of the security group, which may have ${mostRules}`,
    ),
    ['standby', 'host'],
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
  v.forward(
    v.partialCheck(
      [['dns'], ['services'], ['standby', 'linePort']],
      ({ dns, services, standby }) => ![...services.flatMap(portsOf), dns?.port].includes(standby.linePort),
      'a port that neither a service nor `dns` uses',
    ),
    ['standby', 'linePort'],
  ),
  v.forward(
    v.partialCheck(
      [['policy', 'startOnSuspicion'], ['standby', 'pilotLight'], ['services']],
      ({ policy, standby, services }) =>
        (policy.startOnSuspicion && !standby.pilotLight) || services.every(({ sleep }) => sleep !== 'frozen'),
      'services that sleep stopped where `policy.startOnSuspicion` is false or `standby.pilotLight` is true: a frozen one has been started already, and its host keeps it in memory',
    ),
    ['services'],
  ),
);

export type Config = v.InferOutput<typeof schema>;
export type ServiceConfig = Service;
export type DnsConfig = NonNullable<Config['dns']>;
