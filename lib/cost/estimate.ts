import { buildApp } from '../app.ts';
import type { Config } from '../config/schema.ts';
import { policyOf } from '../policy.ts';
import { type Bill, bill, type Line } from './lines.ts';
import { logBytes } from './logs.ts';
import { measured } from './measured.ts';
import { allowances, type Price, type PriceName, pricesOf } from './prices.ts';
import { linesOf } from './resources.ts';
import type { Usage } from './simulation.ts';
import { resourcesOf, type Stack } from './template.ts';
import { measureUsage, type Spent } from './usage.ts';

export type Estimate = {
  readonly region: string;
  /** A month asleep, without the host. */
  readonly controlPlane: Bill;
  /** What a host that is created here costs in a month asleep; nothing for an instance of your own. */
  readonly host: Bill;
  /** DNS failover, if it is switched on. */
  readonly dns: Bill;
  /** An hour on the standby, on top of the month. */
  readonly failover: Bill;
};

/** @throws Error for a resource or a region without a price */
export async function estimate(config: Config): Promise<Estimate> {
  const stacks = stacksOf(config);
  const spent = await measureUsage(settingsOf(config), tickSeconds(stacks));
  const { prices, instances } = pricesOf(config.region);
  const priceOf = (name: Line['price']): Price => {
    const price = name.startsWith('instance:')
      ? instances[name.slice('instance:'.length)]
      : prices[name as PriceName];
    if (!price)
      throw new Error(
        `${name} has no price in ${config.region}; add it to lib/cost/prices.ts, with its source`,
      );
    return price;
  };
  const made = stacks.flatMap(linesOf);
  const part = (name: string) => made.filter((line) => line.part === name);
  const rest = made.filter((line) => line.part !== 'host' && line.part !== 'DNS');
  const asleep = [...useOf(stacks, config, spent.asleep, 'a month asleep, run in small'), ...merged(rest)];
  const failover = useOf(stacks, config, spent.failover, 'an hour of outage, run in small');
  return {
    region: config.region,
    controlPlane: bill(asleep, priceOf, allowances),
    host: bill([...instanceLines(stacks, spent), ...part('host')], priceOf, {}),
    dns: bill(merged(part('DNS')), priceOf, {}),
    failover: bill([...failover, ...extraHours(stacks, config, spent)], priceOf, {}),
  };
}

/** What would be deployed. */
export function stacksOf(config: Config): readonly Stack[] {
  const { stacks } = buildApp(config, { context: { 'aws:cdk:bundling-stacks': [] } }).synth();
  return stacks.map(({ stackName, template, environment }) => ({
    name: stackName,
    region: environment.region,
    resources: template.Resources,
  }));
}

function settingsOf(config: Config) {
  return config.services.map((service) => ({
    name: service.name,
    document: service.name,
    instanceId: 'i-0',
    policy: policyOf(config, service),
  }));
}

/** From the schedule of the rule. @throws Error if there is none, or it is no rate in minutes */
function tickSeconds(stacks: readonly Stack[]): number {
  const schedules = resourcesOf(stacks, 'AWS::Events::Rule').flatMap(
    ({ Properties }) => Properties?.ScheduleExpression ?? [],
  );
  const minutes = /^rate\((\d+) minutes?\)$/.exec(String(schedules[0]))?.[1];
  if (!minutes || schedules.length !== 1)
    throw new Error(`schedules: received ${JSON.stringify(schedules)}, expected one rate in minutes`);
  return Number(minutes) * 60;
}

/** What is paid by use. */
function useOf(stacks: readonly Stack[], config: Config, usage: Usage, from: string): readonly Line[] {
  const lambda = (name: string, runs: number, milliseconds: number): Line => {
    const memory = memoryGb(stacks, name);
    return {
      part: 'Lambda',
      what: `${name}: GB-seconds`,
      quantity: (runs * milliseconds * measured.safetyFactor * memory) / 1000,
      price: 'lambdaGbSecond',
      from: `${milliseconds} ms measured, × ${measured.safetyFactor}, × ${memory} GB`,
    };
  };
  const line = (part: string, what: string, quantity: number, price: PriceName): Line => ({
    part,
    what,
    quantity,
    price,
    from,
  });
  const logs = Object.entries(logBytes(stacks, usage)).filter(([, bytes]) => bytes > 0);
  const arrived = logs.reduce((sum, [, bytes]) => sum + bytes, 0) / 1e9;
  return [
    line('API Gateway', 'requests', usage.webhooks, 'httpApiRequest'),
    line('Lambda', 'requests', usage.webhooks + usage.reconcilerRuns, 'lambdaRequest'),
    lambda('receiver', usage.webhooks, measured.receiverMilliseconds),
    lambda('reconciler', usage.reconcilerRuns, measured.reconcilerMilliseconds),
    line('DynamoDB', 'writes', usage.writes, 'dynamoWrite'),
    line('DynamoDB', 'reads', usage.reads, 'dynamoRead'),
    line('DynamoDB', 'storage', usage.storedBytes / 1e9, 'dynamoStorage'),
    line('DynamoDB', 'point-in-time recovery', usage.storedBytes / 1e9, 'dynamoBackup'),
    ...logs.map(([what, bytes]) => line('CloudWatch Logs', what, bytes / 1e9, 'logsIn')),
    line('CloudWatch Logs', 'kept', arrived * keptMonths(stacks), 'logsKept'),
    line('Secrets Manager', 'reads of the token', usage.secretReads, 'secretRead'),
    line('SNS', 'messages', usage.publishes, 'snsPublish'),
    line('SNS', 'e-mails', usage.publishes * config.emails.length, 'snsEmail'),
  ];
}

function memoryGb(stacks: readonly Stack[], name: string): number {
  const found = resourcesOf(stacks, 'AWS::Lambda::Function').find(({ Properties }) =>
    String(Properties?.FunctionName).endsWith(`-${name}`),
  );
  if (!found) throw new Error(`no function of the template is called …-${name}`);
  return Number(found.Properties?.MemorySize) / 1024;
}

/** Of the log that is kept the longest. */
function keptMonths(stacks: readonly Stack[]): number {
  const days = resourcesOf(stacks, 'AWS::Logs::LogGroup').map(
    ({ Properties }) => Properties?.RetentionInDays,
  );
  if (days.some((one) => typeof one !== 'number'))
    throw new Error('a log group is kept for ever; give it a retention');
  return Math.max(...days) / 30;
}

function instanceLines(stacks: readonly Stack[], { asleep }: Spent): readonly Line[] {
  return resourcesOf(stacks, 'AWS::EC2::Instance').map(({ Properties }) => ({
    part: 'host',
    what: `${Properties?.InstanceType}, on`,
    quantity: asleep.instanceSeconds / 3600,
    price: `instance:${Properties?.InstanceType}`,
    from: 'a month asleep, run in small',
  }));
}

/** A host that is off while it sleeps is paid for while it serves; one that is on is paid for already. */
function extraHours(stacks: readonly Stack[], config: Config, { failover }: Spent): readonly Line[] {
  if (!config.standby.pilotLight) return [];
  return resourcesOf(stacks, 'AWS::EC2::Instance').map(({ Properties }) => ({
    part: 'host',
    what: `${Properties?.InstanceType}, on`,
    quantity: failover.instanceSeconds / 3600,
    price: `instance:${Properties?.InstanceType}`,
    from: 'an hour of outage, run in small',
  }));
}

/** Lines of the same kind as one. */
function merged(lines: readonly Line[]): readonly Line[] {
  const all = new Map<string, Line>();
  for (const line of lines) {
    const key = `${line.part}|${line.what}|${line.price}`;
    all.set(key, { ...line, quantity: line.quantity + (all.get(key)?.quantity ?? 0) });
  }
  return [...all.values()];
}
