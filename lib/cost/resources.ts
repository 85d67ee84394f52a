import { ec2CostsNothing, ec2Pricers } from '../kinds/ec2/prices.ts';
import { type Line, one, type Pricer } from './lines.ts';
import type { Resource, Stack } from './template.ts';

/** A resource that costs nothing for being there, or whose use is counted elsewhere (estimate.ts). */
const free = () => [];
const alarm: Pricer = ({ Properties = {} }, id) => {
  // A metric of less than a minute makes a high-resolution alarm, which has another price.
  if (Properties.Period < 60)
    throw new Error(`${id}: a period of ${Properties.Period} s has no price in lib/cost/prices.ts`);
  const metrics: { MetricStat?: unknown }[] = Properties.Metrics ?? [];
  const watched = metrics.filter(({ MetricStat }) => MetricStat).length;
  return one('CloudWatch', 'alarms', 'alarm', Math.max(1, watched));
};

/** A metric costs in the hours in which it has data; each is taken to have some in every hour. */
const metricFilter: Pricer = ({ Properties = {} }) =>
  one('CloudWatch', 'metrics from logs', 'customMetric', Properties.MetricTransformations?.length ?? 0);

/** AWS has two prices; the higher one, of endpoints outside of AWS, is taken for all. */
const healthCheck: Pricer = ({ Properties = {} }) => {
  const { Type = '', RequestInterval = 30, MeasureLatency = false } = Properties.HealthCheckConfig ?? {};
  const features = [/HTTPS/, /STR_MATCH/].filter((feature) => feature.test(Type)).length;
  const all = features + (RequestInterval === 10 ? 1 : 0) + (MeasureLatency ? 1 : 0);
  const basic = one('DNS', 'health checks', 'healthCheck');
  return all === 0
    ? basic
    : [...basic, ...one('DNS', 'features of health checks', 'healthCheckFeature', all)];
};

/**
 * Every type of resource that a stack may have. One that is not here makes the estimate fail, so that
 * nobody adds a paid resource without noticing.
 */
const pricers: Readonly<Record<string, Pricer>> = {
  'AWS::CloudWatch::Alarm': alarm,
  'AWS::CloudWatch::CompositeAlarm': () => one('CloudWatch', 'composite alarms', 'compositeAlarm'),
  'AWS::CloudWatch::Dashboard': () => one('CloudWatch', 'dashboards', 'dashboard'),
  'AWS::Logs::MetricFilter': metricFilter,
  'AWS::SecretsManager::Secret': () => one('Secrets Manager', 'secrets', 'secret'),
  'AWS::KMS::Key': () => one('KMS', 'keys', 'key'),
  ...ec2Pricers,
  'AWS::Route53::HealthCheck': healthCheck,
  'AWS::Route53::HostedZone': () => one('DNS', 'hosted zones', 'hostedZone'),
  // Counted by use: requests, invocations, reads and writes, log data, messages.
  'AWS::ApiGatewayV2::Api': free,
  'AWS::Lambda::Function': free,
  'AWS::DynamoDB::Table': free,
  'AWS::Logs::LogGroup': free,
  'AWS::SNS::Topic': free,
  // Nothing is in it unless something fails for good.
  'AWS::SQS::Queue': free,
};

/** Free of charge, whatever is done with it here. Rules: of AWS's own events, and schedules on the default bus. */
const costNothing =
  /^AWS::(IAM::|ApiGatewayV2::(Stage|Route|Integration)$|Lambda::(Permission|EventInvokeConfig|Version|Alias)$|SNS::(TopicPolicy|Subscription)$|SQS::QueuePolicy$|Events::Rule$|SSM::(Document|Association)$|KMS::Alias$|Logs::ResourcePolicy$|SecretsManager::ResourcePolicy$|Route53::RecordSet$|CDK::Metadata$)/;

/** What the resources of a stack cost for being there. @throws Error for a type that nobody has looked at */
export function linesOf({ name, resources }: Stack): readonly Line[] {
  return Object.entries(resources).flatMap(([id, resource]) => {
    const price = pricers[resource.Type] ?? (isFree(resource) ? free : undefined);
    if (!price)
      throw new Error(
        `${name}: ${id} is a ${resource.Type}, and nobody has said what that costs; add it to lib/cost/resources.ts`,
      );
    return price(resource, id);
  });
}

function isFree({ Type, Properties }: Resource): boolean {
  if (Type === 'AWS::SSM::Parameter') return Properties?.Tier === undefined || Properties.Tier === 'Standard';
  return costNothing.test(Type) || ec2CostsNothing.test(Type);
}
