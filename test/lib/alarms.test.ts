import { readFileSync } from 'node:fs';
import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { authenticate } from '../../lambda/receiver/authenticate.ts';
import { type HttpEvent, type HttpResult, json, jsonErrors } from '../../lambda/receiver/http.ts';
import { reconcile } from '../../lambda/reconciler/reconcile.ts';
import { policyOf } from '../../lib/policy.ts';
import { InMemory } from '../support/in-memory.ts';
import { policy } from '../support/policy.ts';
import { configOf, configs, ofType, resourcesOf } from './templates.ts';

type Alarm = {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: unknown[];
  readonly OKActions?: unknown[];
  readonly MetricName?: string;
  readonly Namespace?: string;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly Period: number;
};

const at = (file: string) => {
  const config = configOf(file);
  const resources = resourcesOf(config);
  const alarms = ofType(resources, 'AWS::CloudWatch::Alarm') as unknown as Alarm[];
  return { config, resources, alarms };
};

describe.each(configs)('the alarms of %s', (file) => {
  const { config, resources, alarms } = at(file);
  const named = (what: string) => alarms.find(({ AlarmName }) => AlarmName === `${config.name}-${what}`);

  it('are ten, of one metric each: ten metrics in alarms are free', () => {
    expect(alarms.map(({ AlarmName }) => AlarmName).sort()).toEqual(
      [
        'dead-letters',
        'move-stuck',
        'nobody-looks',
        'receiver-throttled',
        'reconciler-errors',
        'reconciler-throttled',
        'site-silent',
        'token-refused',
        'webhook-errors',
        'webhook-refusals',
      ].map((what) => `${config.name}-${what}`),
    );
    for (const { AlarmName, MetricName } of alarms) expect(MetricName, AlarmName).toBeDefined();
  });

  it('write to people, and say what is wrong and what to do first', () => {
    const [topic] = [...resources].filter(([, { Type }]) => Type === 'AWS::SNS::Topic');
    const ref = { Ref: topic?.[0].split('/')[1] };
    for (const alarm of alarms) {
      expect(alarm.AlarmActions, alarm.AlarmName).toEqual([ref]);
      expect([undefined, [ref]]).toContainEqual(alarm.OKActions);
      // CloudWatch takes 1024 characters.
      expect(alarm.AlarmDescription).toMatch(/^.{60,1000}[.)]$/);
      expect(alarm.AlarmDescription).toMatch(/[Ll]ook|[Ff]ind|log has|has the source/);
    }
  });

  it('silence is alarming where something must always be heard, and nowhere else', () => {
    const missing = Object.fromEntries(alarms.map((one) => [one.AlarmName, one.TreatMissingData]));
    const breaching = Object.keys(missing).filter((name) => missing[name] === 'breaching');
    expect(breaching.sort()).toEqual([`${config.name}-nobody-looks`, `${config.name}-site-silent`]);
    expect(missing[`${config.name}-move-stuck`]).toBe('ignore');
  });

  it('silence takes five minutes, in each of which nothing came', () => {
    expect(named('site-silent')).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: 'Count',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 60,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 5,
      OKActions: [expect.anything()],
    });
  });

  it('a move may take as long as it is allowed to, and five minutes more', () => {
    const allowed = config.services.map((service) => policyOf(config, service));
    for (const { drainSeconds, commandTimeoutSeconds } of allowed) {
      expect(named('move-stuck')?.Threshold).toBeGreaterThanOrEqual(drainSeconds + 300);
      expect(named('move-stuck')?.Threshold).toBeGreaterThanOrEqual(commandTimeoutSeconds + 300);
    }
  });

  it('each counted metric comes from a filter, in the namespace that the alarms read', () => {
    const filters = ofType(resources, 'AWS::Logs::MetricFilter').flatMap(
      ({ MetricTransformations }) =>
        MetricTransformations as { MetricName: string; MetricNamespace: string }[],
    );
    expect(filters.map(({ MetricName }) => MetricName).sort()).toEqual(['MoveSeconds', 'RefusedTokens']);
    const own = alarms.filter(({ Namespace }) => !Namespace?.startsWith('AWS/'));
    expect(own).toHaveLength(3);
    for (const { MetricName, Namespace } of own) {
      expect(filters).toContainEqual(expect.objectContaining({ MetricName, MetricNamespace: Namespace }));
    }
  });

  it('the dashboard is named, and shows all of them', () => {
    const dashboards = ofType(resources, 'AWS::CloudWatch::Dashboard');
    expect(dashboards.map(({ DashboardName }) => DashboardName)).toEqual([`${config.name}-${config.region}`]);
    const body = JSON.stringify(dashboards[0]?.DashboardBody);
    for (const [name, { Type }] of resources)
      if (Type === 'AWS::CloudWatch::Alarm') expect(body).toContain(name.split('/')[1]);
    for (const shown of ['Who is in charge', 'RefusedTokens', 'MoveSeconds', 'Duration', 'Count'])
      expect(body).toContain(shown);
  });

  it('the dashboard shows what went wrong in the logs of both functions', () => {
    const [dashboard] = ofType(resources, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.DashboardBody);
    const sources = body.slice(body.indexOf('What went wrong'), body.indexOf('filter level in'));
    const filters = ofType(resources, 'AWS::Logs::MetricFilter') as { LogGroupName: { Ref: string } }[];
    expect(filters).toHaveLength(2);
    for (const { LogGroupName } of filters) expect(sources).toContain(LogGroupName.Ref);
  });

  it('the access log has no header and no body in it', () => {
    const [stage] = ofType(resources, 'AWS::ApiGatewayV2::Stage');
    const settings = stage?.AccessLogSettings as { Format: string } | undefined;
    const fields: string[] = Object.values(JSON.parse(settings?.Format ?? '{}'));
    expect(fields.join(' ')).not.toMatch(
      /authorization|\$context\.authorizer|\$request|header|userAgent|path/i,
    );
    for (const field of [
      'requestId',
      'identity.sourceIp',
      'routeKey',
      'status',
      'error.message',
      'responseLatency',
    ])
      expect(fields).toContain(`$context.${field}`);
  });
});

describe('the log lines that the filters count', () => {
  /** The pattern of a filter as tests on a line; it knows what our patterns use. */
  function matcher(metric: string): (line: Record<string, unknown>) => boolean {
    const filters = ofType(at('failover.yaml').resources, 'AWS::Logs::MetricFilter');
    const filter = filters.find(({ MetricTransformations }) =>
      JSON.stringify(MetricTransformations).includes(`"MetricName":"${metric}"`),
    );
    const pattern = String(filter?.FilterPattern);
    const terms = [...pattern.matchAll(/\$\.(\w+) (=|>=) (?:"([^"]*)"|(\d+))/g)];
    expect(terms, pattern).toHaveLength(2);
    return (line) =>
      terms.every(([, field = '', operator, text, number]) =>
        operator === '=' ? line[field] === text : Number(line[field]) >= Number(number),
      );
  }

  /** What the logger of the functions really prints meanwhile. */
  async function printedBy(run: (log: Logger) => Promise<unknown>): Promise<Record<string, unknown>[]> {
    const lines: string[] = [];
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    for (const level of ['info', 'warn', 'error'] as const)
      vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
    await run(new Logger({ serviceName: 'test' }));
    return lines.map((line) => JSON.parse(line));
  }

  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  const knock = (authorization: string) =>
    printedBy((log) =>
      middy<HttpEvent, HttpResult>()
        .use(jsonErrors(log))
        .use(authenticate({ current: async () => 'right', previous: async () => undefined }, Date.now))
        .handler(() => json(202, {}))({ headers: { authorization } } as unknown as HttpEvent, {} as Context),
    );

  it('a wrong token is counted, its text is in no log; a right one, and none at all, are not', async () => {
    const isCounted = matcher('RefusedTokens');
    const wrong = await knock('Bearer sesame-open');
    expect(wrong.filter(isCounted)).toHaveLength(1);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toMatchObject({ status: 401, why: 'received a token that is not valid here' });
    expect(JSON.stringify(wrong)).not.toContain('sesame');
    expect((await knock('Bearer right')).filter(isCounted)).toEqual([]);
    expect((await knock('')).filter(isCounted)).toEqual([]);
  });

  it('each tick says who is in charge and how old the move is; a nudge in a hurry says nothing', async () => {
    const isCounted = matcher('MoveSeconds');
    const world = new InMemory();
    const look = (isThorough: boolean) =>
      printedBy((log) => reconcile('api', { ...world.ports, log }, policy, { isThorough })).then((lines) =>
        lines.filter(isCounted),
      );
    world.observe('up');
    expect(await look(true)).toMatchObject([
      { about: 'api', site: 'primary', phase: 'home', moveSeconds: 0 },
    ]);
    expect(await look(false)).toEqual([]);
    world.now += 1000;
    world.observe('down');
    await look(false);
    world.now += 10_000;
    world.observe('down');
    await look(false);
    world.now += 700_000;
    const [late] = await look(true);
    expect(late).toMatchObject({ about: 'api', site: 'standby', phase: 'starting' });
    expect(late?.moveSeconds).toBeGreaterThanOrEqual(700);
  });
});

it('the documentation has a row for each alarm, with a star if it writes when it is over', () => {
  const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)`( \*)? \| .* \| .* \|$/gm)].map(([, name, star]) => [
    name,
    star,
  ]);
  const alarms = at('failover.yaml').alarms.map(({ AlarmName, OKActions }) => [
    AlarmName.replace('hybrid-failover-', ''),
    OKActions && ' *',
  ]);
  expect(rows).toEqual(expect.arrayContaining(alarms));
});
