/**
 * What AWS charges, in USD and without tax, and where each figure was read. AWS's own price list is the authority
 * (https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/index.json); `npm run cost` prints the age of these.
 * A price that was read neither at AWS nor in a copy that can be named has no `source`, says in `hearsay` what it
 * rests on, and is marked in the output.
 */
export type Price = {
  readonly usd: number;
  readonly per: string;
} & ({ readonly source: Source } | { readonly hearsay: string });

/** Where a price was read. `copy` is a public copy of the original, when that is what was read. */
export type Source = { readonly url: string; readonly copy?: string; readonly asOf: string };

export const regions = ['eu-central-1', 'us-east-1'] as const;
export type Region = (typeof regions)[number];

const frankfurtList = (service: string): Source => ({
  url: `https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/${service}/current/eu-central-1/index.json`,
  copy: 'https://github.com/Bayashat/zerde-serverless-bot (budget of Memory V2)',
  asOf: '2026-09-11',
});
const read = (url: string, asOf: string, copy?: string): Source => ({ url, asOf, ...(copy && { copy }) });

const secretsPage = read(
  'https://aws.amazon.com/secrets-manager/pricing/',
  '2026-09-20',
  'https://github.com/api-evangelist/amazon-secrets-manager',
);
const route53Page = read(
  'https://aws.amazon.com/route53/pricing/',
  '2026-09-20',
  'https://github.com/api-evangelist/amazon-route53-resolver',
);
const dynamoCut = read(
  'https://github.com/awslabs/fullstack-solution-template-for-agentcore/issues/145',
  '2026-07-30',
);
const cloudWatchPage = read(
  'https://aws.amazon.com/cloudwatch/pricing/',
  '2026-05-05',
  'https://github.com/api-evangelist/cloudwatch',
);
const logsEast = read('https://c3x.dev/blog/cloudwatch-logs-cost-optimization', '2026-06-30');
const snsEmail = read(
  'https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/',
  '2026-06-13',
);
const kmsPage = read('https://gist.github.com/dasgoll/b88d5be05dcc0deb052ad40446c2fb40', '2019-10-30');
const ipv4 = read('https://github.com/LeanerCloud/aws-ipv4-cost-viewer', '2026-07-17');
const burstable = read(
  'http://matthiaskraaz.blogspot.com/2021/08/aws-ec2-price-of-maxed-out-burstable.html',
  '2021-08-30',
);
const gp3Frankfurt = read('https://hendric-jabs.de/2023/11/02/gp3-in-2-minuten/', '2023-11-02');
const httpApiEast = read(
  'https://aws.amazon.com/api-gateway/pricing/',
  '2026-09-20',
  'https://github.com/api-evangelist/amazon-web-services',
);

const backupEast = read('https://finops.com.py/services/dynamodb/backups', '2026-01-01');

const price = (usd: number, per: string, from: Source | string): Price =>
  typeof from === 'string' ? { usd, per, hearsay: from } : { usd, per, source: from };
const usualEast = 'commonly given for us-east-1; no page of AWS was read';

/** The same in every region that is here. */
const everywhere = {
  alarm: price(0.1, 'alarm metric and month', frankfurtList('AmazonCloudWatch')),
  compositeAlarm: price(0.5, 'alarm and month', cloudWatchPage),
  customMetric: price(0.3, 'metric and month', cloudWatchPage),
  dashboard: price(3, 'dashboard and month', cloudWatchPage),
  secret: price(0.4, 'secret and month', secretsPage),
  secretRead: price(0.05 / 10_000, 'call', secretsPage),
  key: price(1, 'key and month', kmsPage),
  snsPublish: price(0.5 / 1e6, 'message', frankfurtList('AmazonSNS')),
  snsEmail: price(2 / 100_000, 'e-mail', snsEmail),
  sqsRequest: price(0.4 / 1e6, 'request', frankfurtList('AWSQueueService')),
  lambdaRequest: price(0.2 / 1e6, 'request', frankfurtList('AWSLambda')),
  lambdaGbSecond: price(0.000_013_333_4, 'GB-second', frankfurtList('AWSLambda')),
  hostedZone: price(0.5, 'zone and month', route53Page),
  healthCheck: price(0.75, 'check of an endpoint outside AWS and month', route53Page),
  healthCheckFeature: price(2, 'feature (HTTPS, text, fast interval) and month', route53Page),
  publicIpv4Hour: price(0.005, 'address and hour', ipv4),
} as const;

const regional = {
  'eu-central-1': {
    httpApiRequest: price(
      1.2 / 1e6,
      'request',
      'three public projects give it for eu-central-1; AWS gives only the price of us-east-1 as text',
    ),
    dynamoWrite: price(0.7625 / 1e6, 'write unit', frankfurtList('AmazonDynamoDB')),
    dynamoRead: price(0.1525 / 1e6, 'read unit', frankfurtList('AmazonDynamoDB')),
    dynamoStorage: price(0.306, 'GB and month', frankfurtList('AmazonDynamoDB')),
    dynamoBackup: price(0.2448, 'GB and month', frankfurtList('AmazonDynamoDB')),
    logsIn: price(0.63, 'GB', frankfurtList('AmazonCloudWatch')),
    logsKept: price(0.0324, 'GB and month', frankfurtList('AmazonCloudWatch')),
    gp3: price(0.0952, 'GB and month', gp3Frankfurt),
  },
  'us-east-1': {
    httpApiRequest: price(1 / 1e6, 'request', httpApiEast),
    dynamoWrite: price(0.625 / 1e6, 'write unit', dynamoCut),
    dynamoRead: price(0.125 / 1e6, 'read unit', dynamoCut),
    dynamoStorage: price(0.25, 'GB and month', dynamoCut),
    dynamoBackup: price(0.2, 'GB and month', backupEast),
    logsIn: price(0.5, 'GB', logsEast),
    logsKept: price(0.03, 'GB and month', logsEast),
    gp3: price(0.08, 'GB and month', usualEast),
  },
} as const satisfies Record<Region, Record<string, Price>>;

/** On demand, Linux, per hour. */
const instances: Readonly<Record<Region, Readonly<Record<string, Price>>>> = {
  'eu-central-1': {
    't3.micro': price(0.012, 'hour', burstable),
    't3.small': price(0.024, 'hour', burstable),
    't3.medium': price(0.048, 'hour', burstable),
    't3a.small': price(0.0216, 'hour', burstable),
  },
  'us-east-1': {
    't3.micro': price(0.0104, 'hour', usualEast),
    't3.small': price(0.0208, 'hour', usualEast),
    't3.medium': price(0.0416, 'hour', usualEast),
  },
};

export type PriceName = keyof typeof everywhere | keyof (typeof regional)['eu-central-1'];

/** What AWS gives every account every month, for as long as the account lives; not the first year's gifts. */
export const allowances: Readonly<Partial<Record<PriceName, number>>> = {
  lambdaRequest: 1_000_000,
  lambdaGbSecond: 400_000,
  alarm: 10,
  customMetric: 10,
  dashboard: 3,
  logsIn: 5,
  logsKept: 5,
  snsPublish: 1_000_000,
  snsEmail: 1000,
  sqsRequest: 1_000_000,
  dynamoStorage: 25,
};

/** @throws Error naming the regions that have prices */
export function pricesOf(region: string) {
  const known = regions.find((one) => one === region);
  if (!known)
    throw new Error(
      `region: received ${region}, expected one with prices in lib/cost/prices.ts (${regions.join(', ')}); add its prices there, each with its source`,
    );
  return { prices: { ...everywhere, ...regional[known] }, instances: instances[known] };
}
