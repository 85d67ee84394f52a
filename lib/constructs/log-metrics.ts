import { Duration } from 'aws-cdk-lib';
import { Metric, Stats, Unit } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type IFilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { field, type LogLine, tokenRefused } from '../../lambda/contract/log-lines.ts';

export type LogMetricsProps = {
  /** Also the namespace of the metrics. */
  readonly name: string;
  readonly receiverLog: ILogGroup;
  readonly reconcilerLog: ILogGroup;
};

const refused = 'webhook refused' satisfies LogLine;
const looked = 'looked' satisfies LogLine;
const moveSeconds = `$.${field(looked, 'moveSeconds')}`;

/** What only our functions know, as metrics. Two, without dimensions: each further one costs as much as three alarms. */
export class LogMetrics extends Construct {
  /** Requests whose token is not valid. */
  readonly refusedTokens: Metric;
  /** Age of the oldest move under way, in seconds, from each thorough look: 0 if there is none. */
  readonly moveSeconds: Metric;

  constructor(scope: Construct, id: string, props: LogMetricsProps) {
    super(scope, id);
    const { stringValue, numberValue, all } = FilterPattern;
    this.refusedTokens = this.#metric(props.name, props.receiverLog, {
      metricName: 'RefusedTokens',
      filterPattern: all(
        stringValue('$.message', '=', refused),
        stringValue(`$.${field(refused, 'code')}`, '=', tokenRefused),
      ),
      metricValue: '1',
      unit: Unit.COUNT,
      statistic: Stats.SUM,
    });
    this.moveSeconds = this.#metric(props.name, props.reconcilerLog, {
      metricName: 'MoveSeconds',
      filterPattern: all(
        stringValue('$.message', '=', looked),
        // A value can be taken only of a field that is in the pattern.
        numberValue(moveSeconds, '>=', 0),
      ),
      metricValue: moveSeconds,
      unit: Unit.SECONDS,
      statistic: Stats.MAXIMUM,
    });
  }

  #metric(
    metricNamespace: string,
    logGroup: ILogGroup,
    how: {
      metricName: string;
      filterPattern: IFilterPattern;
      metricValue: string;
      unit: Unit;
      statistic: string;
    },
  ): Metric {
    const { statistic, ...filter } = how;
    const { metricName, unit } = filter;
    new MetricFilter(this, metricName, { logGroup, metricNamespace, ...filter });
    return new Metric({
      namespace: metricNamespace,
      metricName,
      unit,
      statistic,
      period: Duration.minutes(1),
    });
  }
}
