import { Duration, Validations } from 'aws-cdk-lib';
import { type EventPattern, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Alias, type Function as LambdaFunctionResource } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { functionName, operatorsAlias } from '../../lambda/contract/names.ts';
import type { ReconcilerEnvironment } from '../../lambda/contract/settings.ts';
import type { FunctionSettings } from '../function-settings.ts';
import type { StandbyKind } from '../kinds/kind.ts';
import { FailoverFunction } from './failover-function.ts';
import type { StateTable } from './state-table.ts';

export type ReconcilerProps = {
  readonly name: string;
  readonly settings: FunctionSettings['reconciler'];
  readonly standby: StandbyKind;
  readonly table: StateTable;
  readonly topic: ITopic;
};

/** Decides and acts. Reached by events, by the minute tick and by the receiver; never from outside. */
export class Reconciler extends Construct {
  readonly lambda: LambdaFunctionResource;
  /** The name by which operators invoke it. */
  readonly operatorName: string;
  readonly log: ILogGroup;
  /** Nudges that failed three times. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: ReconcilerProps) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.deadLetters).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'This is the dead-letter queue, of the rules and of the asynchronous invocations. Nothing consumes it: people look into it when its alarm tells them to.',
    });
    ({ lambda: this.lambda, log: this.log } = this.#function(props));
    this.#grant(props);
    this.#nudges(props);
    this.operatorName = this.#operators();
  }

  /**
   * Who may invoke the function may nudge it; who may invoke this alias may ask it for a move. IAM cannot tell
   * events apart, but it can tell these apart, and the receiver may not do the second. It leads to `$LATEST`: a version
   * keeps the environment that it was made with, and so the id of a host that is not there any more (aws-cdk #25997).
   */
  #operators(): string {
    const alias = new Alias(this, 'Operators', {
      aliasName: operatorsAlias,
      description: 'Operators ask for moves here',
      version: this.lambda.latestVersion,
    });
    return `${this.lambda.functionName}:${alias.aliasName}`;
  }

  #function({ name, settings, table, topic }: ReconcilerProps): FailoverFunction {
    const reconciler = new FailoverFunction(this, 'Reconciler', {
      functionName: functionName.reconciler(name),
      folder: 'reconciler',
      description: 'Decides who serves and carries it out',
      timeout: Duration.seconds(60),
      environment: {
        ...settings,
        TABLE_NAME: table.table.tableName,
        TOPIC_ARN: topic.topicArn,
      } satisfies ReconcilerEnvironment,
    });
    // A nudge is soon out of date, and the next tick is never far.
    reconciler.lambda.configureAsyncInvoke({
      maxEventAge: Duration.minutes(5),
      retryAttempts: 2,
      // The library's own destination would also let it look at the queue's address and attributes.
      onFailure: { bind: () => ({ destination: this.deadLetters.queueArn }) },
    });
    return reconciler;
  }

  #grant({ table, topic, standby }: ReconcilerProps): void {
    const may = (action: string, resource: string) =>
      this.lambda.addToRolePolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
    table.grantDecide(this.lambda);
    may('sns:Publish', topic.topicArn);
    may('sqs:SendMessage', this.deadLetters.queueArn);
    standby.grantControl(this.lambda);
  }

  #nudges({ standby }: ReconcilerProps): void {
    for (const [id, { description, pattern }] of Object.entries(standby.events))
      this.#rule(id, description, pattern);
    this.#rule('Tick', 'Guarantees that somebody looks', Schedule.rate(Duration.minutes(1)));
  }

  #rule(id: string, description: string, when: EventPattern | Schedule): void {
    new Rule(this, id, {
      description,
      ...(when instanceof Schedule ? { schedule: when } : { eventPattern: when }),
      targets: [new LambdaFunction(this.lambda, { deadLetterQueue: this.deadLetters, retryAttempts: 3 })],
    });
  }
}
