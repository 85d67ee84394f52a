import { isIP } from 'node:net';
import * as v from 'valibot';

/** Single values of `failover.yaml`. Each message completes "expected …". */

export const serviceName = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]{0,30}$/, 'lower-case letters, digits and hyphens, at most 31, the first a letter'),
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

export const instanceId = v.pipe(
  v.string(),
  v.regex(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/, 'an EC2 instance id such as i-0123456789abcdef0'),
);

export const healthPath = v.pipe(v.string(), v.regex(/^\/[\w\-./~%?=&]*$/, 'a path such as /health'));

export const emailAddress = v.pipe(v.string(), v.email('an e-mail address'));

/** Ends up in a shell script and an SSM document, where doubled braces are parameters. */
export const plainValue = v.pipe(
  v.string('a string (put numbers and booleans in quotes)'),
  v.check((text) => !/[\r\n]|\{\{/.test(text), 'one line without "{{"'),
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
const widest = { 4: 8, 6: 19 } as const;

export const cidr = v.pipe(
  v.string(),
  v.check((text) => cidrPrefix(text) !== undefined, 'a CIDR such as 203.0.113.7/32'),
  v.check(
    (text) => (cidrPrefix(text) ?? 0) >= widest[text.includes(':') ? 6 : 4],
    `the site's own range, not the whole internet: a prefix of at least /${widest[4]} (IPv6: /${widest[6]})`,
  ),
);

function cidrPrefix(text: string): number | undefined {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return undefined;
  return Number(prefix) <= (version === 4 ? 32 : 128) ? Number(prefix) : undefined;
}
