import { isIP } from 'node:net';
import * as v from 'valibot';

/** Single values of `failover.yaml`. Each message completes "expected …". */

export const serviceName = v.pipe(
  v.string(),
  v.regex(
    /^(?=.{1,31}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    'lower-case letters, digits and single hyphens between them, at most 31, the first a letter',
  ),
);

/**
 * Begins the names of parameters and documents, which may not begin as AWS's own do: docs.aws.amazon.com,
 * "PutParameter" and "CreateDocument".
 */
export const deploymentName = v.pipe(
  serviceName,
  v.regex(
    /^(?!aws|amazon|amzn|ssm)/,
    'a name that does not begin with aws, amazon, amzn or ssm, which are reserved',
  ),
);

/** AWS, its partitions in China and for governments, and the European sovereign one (`eusc-de-east-1`). */
export const region = v.pipe(
  v.string(),
  v.regex(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, 'an AWS region such as eu-central-1'),
);

/** Docker's own grammar of a reference (distribution/reference), shorter in what nobody writes. */
export const imageReference = v.pipe(
  v.string(),
  v.maxLength(512, 'at most 512 characters'),
  v.regex(
    /^([a-zA-Z0-9][a-zA-Z0-9.-]*(:\d{1,5})?\/)?[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*)*(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
    'an image reference such as ghcr.io/acme/api:1.4.2',
  ),
);

export const port = v.pipe(v.number(), v.integer('a whole number'), v.minValue(1), v.maxValue(65_535));

export const seconds = (least: number, most: number) =>
  v.pipe(v.number(), v.integer('a whole number'), v.minValue(least), v.maxValue(most));

export const count = (least: number, most: number) => seconds(least, most);

export const instanceType = v.pipe(
  v.string(),
  v.regex(/^[a-z][\w-]*\.[\w-]+$/, 'an instance type such as t3.small'),
);

export const httpUrl = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    'a URL such as https://api.example.com/',
  ),
);

export const keyArn = v.pipe(
  v.string(),
  v.regex(/^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/, 'the ARN of a key (not of an alias)'),
);

export const instanceId = v.pipe(
  v.string(),
  v.regex(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/, 'an EC2 instance id such as i-0123456789abcdef0'),
);

export const healthPath = v.pipe(v.string(), v.regex(/^\/[\w\-./~%?=&]*$/, 'a path such as /health'));

export const emailAddress = v.pipe(
  v.string(),
  v.email('an e-mail address'),
  v.maxLength(254, 'at most 254 characters'),
);

/** Ends up in a shell script and an SSM document, where doubled braces are parameters. */
export const plainValue = v.pipe(
  v.string('a string (put numbers and booleans in quotes)'),
  v.check((text) => !/(?!\t)\p{Cc}|\{\{/u.test(text), 'one line without "{{" and control characters'),
);

export const completeSecretArn = v.pipe(
  v.string(),
  v.regex(
    /^arn:aws[\w-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/,
    'the complete ARN of a Secrets Manager secret, with its six random characters',
  ),
);

export const domainName = v.pipe(
  v.string(),
  v.regex(
    /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    'a domain name such as api.example.com',
  ),
);

export const hostedZoneId = v.pipe(
  v.string(),
  v.regex(/^Z[A-Z0-9]{3,31}$/, 'the id of a hosted zone such as Z0123456789ABCDEFGHIJ'),
);

export const ipv4Address = v.pipe(
  v.string(),
  v.check((text) => isIP(text) === 4, 'an IPv4 address such as 203.0.113.7'),
);

export const managedPolicy = v.pipe(
  v.string(),
  v.regex(
    /^arn:aws[\w-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
    'the ARN of an IAM policy such as arn:aws:iam::123456789012:policy/boundary',
  ),
);

/** What AWS services generally take: docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html */
const tagText = (least: number, most: number) =>
  v.pipe(
    v.string('a string (put numbers and booleans in quotes)'),
    v.regex(
      new RegExp(`^(?!aws:)[\\p{L}\\p{N} _.:/=+@-]{${least},${most}}$`, 'iu'),
      `${least} to ${most} letters, digits, spaces or _.:/=+-@, not beginning with aws:`,
    ),
  );

export const tags = v.pipe(
  v.record(tagText(1, 128), tagText(0, 256)),
  v.maxEntries(40, 'at most 40 tags'),
  v.check((all) => !Object.hasOwn(all, 'project'), 'no tag "project", which is ours'),
);

/** Wider than this is not a site's address range but a slip. */
const widest = 8;

export const cidr = v.pipe(
  v.string(),
  v.check((text) => !text.includes(':'), 'an IPv4 CIDR such as 203.0.113.7/32: the host has no IPv6 address'),
  v.check((text) => cidrPrefix(text) !== undefined, 'a CIDR such as 203.0.113.7/32'),
  v.check(
    (text) => (cidrPrefix(text) ?? 0) >= widest,
    `the site's own range, not the whole internet: a prefix of at least /${widest}`,
  ),
  v.check(hasNoHostBits, 'a range that begins at its own address, as 203.0.113.0/24 does'),
);

function cidrPrefix(text: string): number | undefined {
  const [address = '', prefix = '', ...rest] = text.split('/');
  if (isIP(address) !== 4 || rest.length > 0 || !/^(0|[1-9]\d?)$/.test(prefix)) return undefined;
  return Number(prefix) <= 32 ? Number(prefix) : undefined;
}

/** EC2 refuses or changes a range whose address has bits behind its prefix. */
function hasNoHostBits(text: string): boolean {
  const [address = '', prefix = '32'] = text.split('/');
  const bits = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return bits % 2 ** (32 - Number(prefix)) === 0;
}

/** Whether an instance type is a Graviton: a `g` behind the generation (t4g, im4gn, x2gd), or the first one, a1. */
export function architectureOf(type: string): 'arm64' | 'x86_64' {
  const [family = ''] = type.split('.');
  return /^(a1|mac2.*|[a-z]+\d+[a-z]*g[a-z]*(-.*)?)$/.test(family) ? 'arm64' : 'x86_64';
}

/** Its region, the fourth part of every ARN that has one. */
export const regionOf = (arn: string) => arn.split(':')[3];

export const isEveryOnce = (all: string[]) => new Set(all).size === all.length;
