import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { loadConfig } from '../../../lib/config/load.ts';
import { beatSeconds } from '../../../lib/cost/beats.ts';
import { type Estimate, estimate, stacksOf } from '../../../lib/cost/estimate.ts';
import { bill, type Line } from '../../../lib/cost/lines.ts';
import { logBytes } from '../../../lib/cost/logs.ts';
import { pricesOf } from '../../../lib/cost/prices.ts';
import { linesOf } from '../../../lib/cost/resources.ts';
import { Simulation, type Usage } from '../../../lib/cost/simulation.ts';
import type { Resource, Stack } from '../../../lib/cost/template.ts';
import { policyOf } from '../../../lib/policy.ts';

const file = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const config = { ...loadConfig(file('failover.yaml')), region: 'eu-central-1' };
const stack = (resources: Record<string, Resource>): Stack => ({
  name: 's',
  region: 'eu-central-1',
  resources,
});

describe('how often Alertmanager repeats', () => {
  const text = (look: string, repeat: string) =>
    `route: {routes: [{matchers: [alertname = A], group_interval: ${look}, repeat_interval: ${repeat}}]}`;

  it.each([
    ['1s', '9500ms', 10],
    ['500ms', '4700ms', 5],
    // At the second look exactly as much time has passed, and not more.
    ['5s', '5s', 10],
    ['1m', '1m30s', 120],
  ])('looks every %s, repeats after %s: every %s s', (look, repeat, seconds) => {
    expect(beatSeconds('A', text(look, repeat))).toBe(seconds);
  });

  it('refuses what it cannot read', () => {
    expect(() => beatSeconds('A', text('1s', 'soon'))).toThrow(
      'repeat_interval: received soon, expected a duration',
    );
    expect(() => beatSeconds('B', text('1s', '2s'))).toThrow('no route with a matcher that names "B"');
  });

  it('has a heartbeat in the shipped configuration', () => {
    expect(beatSeconds('PrimaryUp')).toBeLessThan(config.policy.heartbeatTimeoutSeconds / 3);
  });
});

test('a heartbeat writes once and reads twice, a tick reads twice', async () => {
  const services = config.services.map((service) => ({
    name: service.name,
    document: 'd',
    instanceId: 'i',
    policy: { ...policyOf(config, service), selfTestSeconds: 0, inspectSeconds: 1e9 },
  }));
  const simulation = new Simulation(services);
  const rhythm = { beatSeconds: () => 10, tickSeconds: 60 };
  await simulation.pass(600, rhythm);
  const before = simulation.usage;
  await simulation.pass(600, rhythm);
  const after = simulation.usage;
  const [beats, ticks] = [60, 10];
  expect(after.webhooks - before.webhooks).toBe(beats);
  expect(after.writes - before.writes).toBe(beats);
  expect(after.reads - before.reads).toBe(2 * beats + 2 * ticks);
  expect(after.reconcilerRuns - before.reconcilerRuns).toBe(beats + ticks);
});

describe('resources', () => {
  it('one that nobody has looked at makes the estimate fail', () => {
    expect(() => linesOf(stack({ Gate: { Type: 'AWS::EC2::NatGateway' } }))).toThrow(
      's: Gate is a AWS::EC2::NatGateway, and nobody has said what that costs',
    );
    const dear = { Type: 'AWS::SSM::Parameter', Properties: { Tier: 'Advanced' } };
    expect(() => linesOf(stack({ P: dear }))).toThrow('P is a AWS::SSM::Parameter');
  });

  it.each(['failover.yaml', ...readdirSync(file('docs/examples')).map((name) => `docs/examples/${name}`)])(
    'all that %s makes are known',
    (name) => {
      const made = stacksOf(loadConfig(file(name))).flatMap(linesOf);
      expect(made.length).toBeGreaterThan(0);
    },
  );

  it('a high-resolution alarm has no price here', () => {
    const fast = { Type: 'AWS::CloudWatch::Alarm', Properties: { Period: 10 } };
    expect(() => linesOf(stack({ Fast: fast }))).toThrow('Fast: a period of 10 s has no price');
  });

  it('an alarm costs for each metric that it looks at', () => {
    const ratio = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: { Metrics: [{ Expression: 'a/b' }, { MetricStat: {} }, { MetricStat: {} }] },
    };
    expect(linesOf(stack({ Ratio: ratio }))).toMatchObject([{ price: 'alarm', quantity: 2 }]);
  });

  it('a health check over HTTPS has a feature that costs', () => {
    const check = { Type: 'AWS::Route53::HealthCheck', Properties: { HealthCheckConfig: { Type: 'HTTPS' } } };
    expect(linesOf(stack({ Check: check })).map(({ price }) => price)).toEqual([
      'healthCheck',
      'healthCheckFeature',
    ]);
  });

  it('a region without prices is refused', () => {
    expect(() => pricesOf('mars-1')).toThrow('region: received mars-1');
  });
});

test('an allowance is shared by all lines of its price', () => {
  const line = (what: string, quantity: number): Line => ({
    part: 'p',
    what,
    quantity,
    price: 'alarm',
    from: 'f',
  });
  const price = { usd: 1, per: 'alarm', hearsay: 'a test' };
  const { list, afterAllowances, lines } = bill([line('a', 7), line('b', 7)], () => price, { alarm: 10 });
  expect([list, afterAllowances]).toEqual([14, 4]);
  expect(lines.map((one) => one.afterAllowances)).toEqual([0, 4]);
});

test("Lambda's own lines are not written at level WARN", () => {
  const usage = { webhooks: 100, reconcilerRuns: 200, logged: 1000, logLines: 10 } as Usage;
  const lambda = (level: string) => ({
    Type: 'AWS::Lambda::Function',
    Properties: { FunctionName: 'a-receiver', LoggingConfig: { SystemLogLevel: level } },
  });
  const platform = "Lambda's start and report of each invocation";
  expect(logBytes([stack({ F: lambda('INFO') })], usage)[platform]).toBeGreaterThan(100 * 300);
  expect(logBytes([stack({ F: lambda('WARN') })], usage)[platform]).toBe(0);
});

describe('a month asleep', () => {
  let here: Estimate;
  let east: Estimate;

  beforeAll(async () => {
    here = await estimate(config);
    east = await estimate({ ...config, region: 'us-east-1' });
  }, 60_000);

  /** After AWS's allowances; docs/cost.md says what is left of it, and what it costs without them. */
  it.each([
    ['us-east-1', () => east.controlPlane.afterAllowances],
    ['eu-central-1', () => here.controlPlane.afterAllowances],
  ])('the control plane costs less than 1 USD in %s', (_, amount) => {
    expect(amount()).toBeLessThan(1);
  });

  it('costs only where AWS has no allowance that lasts', () => {
    const { lines, list, afterAllowances } = here.controlPlane;
    expect(afterAllowances).toBeLessThan(list);
    // API Gateway, DynamoDB's requests and Secrets Manager have no allowance that lasts.
    const paid = lines.filter((line) => line.afterAllowances >= 0.005).map(({ part }) => part);
    expect(new Set(paid)).toEqual(new Set(['API Gateway', 'DynamoDB', 'Secrets Manager']));
  });

  it('a pilot light costs less than a third of a warm host', async () => {
    const pilot = await estimate({ ...config, standby: { ...config.standby, pilotLight: true } });
    expect(pilot.host.list).toBeLessThan(here.host.list / 3);
  });

  it('an instance of your own is not paid for again', async () => {
    const own = loadConfig(file('docs/examples/own-instance.yaml'));
    const { host } = await estimate({ ...own, region: 'eu-central-1' });
    expect(host.lines).toEqual([]);
  });

  it('two services send twice the heartbeats', async () => {
    const [service] = config.services;
    if (!service) throw new Error('failover.yaml has no service');
    const both = { ...config, services: [service, { ...service, name: 'other', port: 8081 }] };
    const requests = ({ controlPlane }: Estimate) =>
      controlPlane.lines.find(({ part }) => part === 'API Gateway')?.quantity;
    expect(requests(await estimate(both))).toBe(2 * (requests(here) ?? 0));
  });
});
