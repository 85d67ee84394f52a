import { functionName } from '../../lambda/contract/names.ts';
import type { Usage } from './simulation.ts';
import { type Resource, resourcesOf, type Stack } from './template.ts';

/** CloudWatch Logs adds this to the size of each event: docs.aws.amazon.com, "CloudWatch Logs quotas", PutLogEvents. */
const eventOverhead = 26;

/** What Lambda itself writes at level INFO for each invocation, as seen in the log of a function. */
const platformLines = (functionName: string) => [
  `{"time":"2026-10-08T07:30:41.076Z","type":"platform.start","record":{"requestId":"f0c9f58b-8ebe-4e84-a656-95eb6eee865a","functionArn":"arn:aws:lambda:eu-central-1:123456789012:function:${functionName}","version":"$LATEST"}}`,
  '{"time":"2026-10-08T07:30:42.149Z","type":"platform.report","record":{"requestId":"f0c9f58b-8ebe-4e84-a656-95eb6eee865a","metrics":{"durationMs":32.145,"billedDurationMs":33,"memorySizeMB":512,"maxMemoryUsedMB":125},"status":"success"}}',
];

/** Bytes that arrive in CloudWatch Logs, by who writes them. */
export function logBytes(stacks: readonly Stack[], usage: Usage): Readonly<Record<string, number>> {
  const functions = resourcesOf(stacks, 'AWS::Lambda::Function');
  const runs = (one: Resource) =>
    String(one.Properties?.FunctionName).endsWith(functionName.receiver(''))
      ? usage.webhooks
      : usage.reconcilerRuns;
  const platform = functions.reduce((sum, one) => sum + runs(one) * platformBytes(one), 0);
  const [stage] = resourcesOf(stacks, 'AWS::ApiGatewayV2::Stage');
  const format: unknown = stage?.Properties?.AccessLogSettings?.Format;
  const access = typeof format === 'string' ? usage.webhooks * (accessLine(format) + eventOverhead) : 0;
  return {
    "the functions' own lines": usage.logged + usage.logLines * eventOverhead,
    "Lambda's start and report of each invocation": platform,
    "API Gateway's access log": access,
  };
}

function platformBytes({ Properties }: Resource): number {
  const { SystemLogLevel: level = 'INFO' } = Properties?.LoggingConfig ?? {};
  if (level === 'WARN') return 0;
  return platformLines(String(Properties?.FunctionName)).reduce(
    (sum, line) => sum + Buffer.byteLength(line) + eventOverhead,
    0,
  );
}

/** Longest usual value of each variable; one that is not here is taken to be as long as an id. */
const lengths: Readonly<Record<string, number>> = {
  status: 3,
  httpMethod: 4,
  protocol: 8,
  routeKey: 14,
  path: 9,
  requestTime: 26,
  requestTimeEpoch: 13,
  responseLength: 3,
  'identity.sourceIp': 15,
  'integration.latency': 3,
  responseLatency: 3,
  integrationStatus: 3,
};

function accessLine(format: string): number {
  const values = [...format.matchAll(/\$context\.([\w.]+)/g)];
  const given = values.reduce((sum, [variable]) => sum + variable.length, 0);
  return (
    Buffer.byteLength(format) - given + values.reduce((sum, [, name = '']) => sum + (lengths[name] ?? 36), 0)
  );
}
