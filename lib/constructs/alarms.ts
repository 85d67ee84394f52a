import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, ComparisonOperator, type Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { LogMetrics } from './log-metrics.ts';

export type AlarmsProps = {
  readonly name: string;
  readonly topic: ITopic;
  readonly api: HttpApi;
  readonly receiver: IFunction;
  readonly reconciler: IFunction;
  readonly deadLetters: IQueue;
  readonly logMetrics: LogMetrics;
  /** An older move is stuck. */
  readonly stuckSeconds: number;
};

type How = {
  readonly metric: Metric;
  readonly says: string;
  /** Minutes in a row. */
  readonly minutes: number;
  /** How many of them must be bad; all if left out. */
  readonly bad?: number;
  readonly threshold?: number;
  readonly below?: boolean;
  readonly missing?: TreatMissingData;
  readonly tellsRecovery?: boolean;
};

const minute = { period: Duration.minutes(1) };

/**
 * AWS watches what watches the site. Ten metrics in alarms are free. Errors of the receiver show as 5xx of
 * the API, and those of the table fail both functions: they have no alarms of their own.
 */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly #props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    this.all = [...this.#ofTheDoor(), ...this.#ofTheReconciler()];
  }

  #ofTheDoor(): Alarm[] {
    const { api, receiver, logMetrics } = this.#props;
    return [
      this.#alarm('site-silent', {
        metric: api.metricCount(minute),
        says: 'No request has reached the webhook for five minutes: no outage of the primary would be seen. Look at Alertmanager and Prometheus on the site, then at its way out to the internet. Also so before the site is set up.',
        minutes: 5,
        below: true,
        missing: TreatMissingData.BREACHING,
        tellsRecovery: true,
      }),
      this.#alarm('webhook-errors', {
        metric: api.metricServerError({ ...minute, statistic: Stats.SUM }),
        says: 'The webhook answers 5xx: alerts are tried again, and not heard. Look at the log of the receiver; if it is empty, the access log says why it was not run.',
        minutes: 5,
        bad: 2,
        tellsRecovery: true,
      }),
      this.#throttled('receiver', receiver, 'alerts are answered with an error'),
      this.#alarm('webhook-refusals', {
        metric: api.metricClientError({ ...minute, statistic: Stats.SUM }),
        says: 'The webhook has answered 4xx for five minutes: what is refused is lost. Look at the access log: 401 is a token, 400 a body (its reason is in the log of the receiver), 404 somebody who tries doors, 429 a throttle.',
        minutes: 5,
      }),
      this.#alarm('token-refused', {
        metric: logMetrics.refusedTokens,
        says: 'Somebody has come with a wrong token for three minutes. The access log has the source address: if it is your site, its Alertmanager has an old token and is not heard, so give it a new one (failover token rotate); if it is not, nothing has happened.',
        minutes: 3,
        tellsRecovery: true,
      }),
    ];
  }

  #ofTheReconciler(): Alarm[] {
    const { reconciler, deadLetters, logMetrics, stuckSeconds } = this.#props;
    return [
      this.#alarm('reconciler-errors', {
        metric: reconciler.metricErrors(minute),
        says: 'The reconciler fails: an intent may be recorded that nobody carries out. Look at its log; the next tick tries again.',
        minutes: 5,
        bad: 1,
      }),
      this.#throttled('reconciler', reconciler, 'failovers come late'),
      this.#alarm('nobody-looks', {
        metric: logMetrics.moveSeconds.with({ statistic: Stats.SAMPLE_COUNT }),
        says: 'The reconciler has not looked at the services for five minutes, and it should each minute: nothing would be moved. Look at the rule of the tick in EventBridge, then at the log of the reconciler.',
        minutes: 5,
        below: true,
        missing: TreatMissingData.BREACHING,
        tellsRecovery: true,
      }),
      this.#alarm('move-stuck', {
        metric: logMetrics.moveSeconds,
        says: `A move has not come to its end within ${stuckSeconds} s. If the primary is down, nobody serves: look at the last command in Systems Manager, Run Command, and at the log of the reconciler.`,
        minutes: 1,
        threshold: stuckSeconds,
        // A reconciler that falls silent has not finished the move.
        missing: TreatMissingData.IGNORE,
        tellsRecovery: true,
      }),
      this.#alarm('dead-letters', {
        metric: deadLetters.metricApproximateNumberOfMessagesVisible({ ...minute, statistic: Stats.MAXIMUM }),
        says: 'Nudges failed for good. The tick goes on without them: look into the queue for what they were and why, then purge it.',
        minutes: 5,
        bad: 1,
      }),
    ];
  }

  #throttled(name: string, lambda: IFunction, so: string): Alarm {
    return this.#alarm(`${name}-throttled`, {
      metric: lambda.metricThrottles(minute),
      says: `Lambda does not run the ${name}, because the concurrency of the account is used up: ${so}. Look at what uses it, or ask AWS for a higher limit (new accounts have 10).`,
      minutes: 5,
      bad: 1,
    });
  }

  #alarm(what: string, how: How): Alarm {
    const { minutes, bad = minutes, threshold = 1, below = false, tellsRecovery = false } = how;
    const alarm = new Alarm(this, what, {
      alarmName: `${this.#props.name}-${what}`,
      alarmDescription: `${how.says} More in docs/runbook.md, "Alarm ${what}".`,
      metric: how.metric,
      threshold,
      evaluationPeriods: minutes,
      datapointsToAlarm: bad,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: how.missing ?? TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.#props.topic);
    alarm.addAlarmAction(action);
    if (tellsRecovery) alarm.addOkAction(action);
    return alarm;
  }
}
