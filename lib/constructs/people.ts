import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  ComparisonOperator,
  type IMetric,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** How people hear of things: the topic with their addresses, and alarms on the machinery itself. */
export class People extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, emails: readonly string[]) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'hybrid-failover', enforceSSL: true });
    for (const email of emails) this.topic.addSubscription(new EmailSubscription(email));
  }

  /** Any error of a function within five minutes: an intent may be waiting that nobody carries out. */
  alarmOnErrors(id: string, lambda: IFunction): void {
    const metric = lambda.metricErrors({ period: Duration.minutes(5) });
    this.#alarm(id, metric, `${id}: invocations fail; see the function's log`);
  }

  alarmOnDeadLetters(queue: Queue): void {
    const metric = queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5) });
    this.#alarm('DeadLetters', metric, 'Nudges failed for good; the minute tick goes on, look at the queue');
  }

  /** The minute tick has stopped: then nothing guarantees that anybody looks. */
  alarmOnSilence(lambda: IFunction): void {
    const metric = lambda.metricInvocations({ period: Duration.minutes(5) });
    this.#add('ReconcilerSilent', metric, 'The reconciler has not run for five minutes', {
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  #alarm(id: string, metric: Metric, description: string): Alarm {
    return this.#add(id, metric, description, {
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  #add(
    id: string,
    metric: IMetric & Metric,
    alarmDescription: string,
    how: { comparisonOperator: ComparisonOperator; treatMissingData: TreatMissingData },
  ): Alarm {
    const alarm = metric.createAlarm(this, id, {
      alarmDescription,
      threshold: 1,
      evaluationPeriods: 1,
      ...how,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    return alarm;
  }
}
