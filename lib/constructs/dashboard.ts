import { Duration, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { field, type LogLine } from '../../lambda/contract/log-lines.ts';
import type { LogMetrics } from './log-metrics.ts';

export type DashboardProps = {
  readonly name: string;
  readonly alarms: readonly IAlarm[];
  readonly api: HttpApi;
  readonly receiver: IFunction;
  readonly reconciler: IFunction;
  readonly receiverLog: ILogGroup;
  readonly reconcilerLog: ILogGroup;
  readonly logMetrics: LogMetrics;
  readonly topic: ITopic;
};

const minute = { period: Duration.minutes(1) };
const third = 8;

const looked = 'looked' satisfies LogLine;
const decided = 'decided' satisfies LogLine;
const of = (name: Parameters<typeof field<typeof looked>>[1]) => field(looked, name);

/** The CloudWatch dashboard: who is in charge, whether the site is heard, and how the machinery does. */
export class ControlPlaneDashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { api, receiver, reconciler, logMetrics, topic } = props;
    const functions = [receiver, reconciler];
    new Dashboard(this, 'Dashboard', {
      // Dashboards belong to the account, whatever their region.
      dashboardName: `${props.name}-${Stack.of(this).region}`,
      defaultInterval: Duration.hours(3),
      widgets: [
        [
          new AlarmStatusWidget({ title: 'Alarms', alarms: [...props.alarms], width: third, height: 6 }),
          this.#table(
            'Who is in charge',
            third,
            [props.reconcilerLog],
            [
              `filter message = "${looked}"`,
              `stats latest(${of('site')}) as inCharge, latest(${of('phase')}) as phase, latest(${of('reason')}) as why, latest(@timestamp) as at by ${of('about')}`,
            ],
          ),
          this.#table(
            'The last decisions',
            third,
            [props.reconcilerLog],
            [
              `filter message = "${decided}"`,
              `fields @timestamp, ${(['about', 'from', 'to', 'reason', 'epoch'] as const).map((name) => field(decided, name)).join(', ')}`,
              'sort @timestamp desc',
              'limit 20',
            ],
          ),
        ],
        [
          // Where the alarms send a person next.
          this.#table(
            'What went wrong',
            3 * third,
            [props.receiverLog, props.reconcilerLog],
            [
              'filter level in ["WARN", "ERROR"]',
              'fields @timestamp, service, message, coalesce(error.message, why, code) as because',
              'sort @timestamp desc',
              'limit 20',
            ],
          ),
        ],
        [
          graph('What the site says (requests; the heartbeat is one each 11 s)', [
            api.metricCount({ ...minute, label: 'requests' }),
            api.metricClientError({ ...minute, statistic: Stats.SUM, label: '4xx' }),
            api.metricServerError({ ...minute, statistic: Stats.SUM, label: '5xx' }),
          ]),
          graph('Refused tokens', [logMetrics.refusedTokens]),
          graph('Age of the move under way (s)', [logMetrics.moveSeconds]),
        ],
        [
          graph('Errors and throttles', [
            ...functions.flatMap((one) => [one.metricErrors(minute), one.metricThrottles(minute)]),
            topic.metricNumberOfNotificationsFailed(minute),
          ]),
          graph('How long the functions take (ms, 99 %)', [
            ...functions.map((one) => one.metricDuration({ ...minute, statistic: Stats.p(99) })),
          ]),
          graph(
            'How often they run',
            functions.map((one) => one.metricInvocations(minute)),
          ),
        ],
      ],
    });
  }

  #table(title: string, width: number, logs: ILogGroup[], queryLines: string[]): LogQueryWidget {
    const view = LogQueryVisualizationType.TABLE;
    return new LogQueryWidget({
      title,
      width,
      height: 6,
      view,
      queryLines,
      logGroupNames: logs.map(({ logGroupName }) => logGroupName),
    });
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: third, height: 6, leftYAxis: { min: 0 } });
}
