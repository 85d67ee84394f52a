import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export type NotificationsProps = {
  /** Prefix of the names of the alarms that may write to the topic. */
  readonly name: string;
  readonly emails: readonly string[];
};

/**
 * How people hear of things: the topic with their addresses. It has no key: CloudWatch alarms cannot use
 * the one that AWS manages, one of our own costs more than the whole sleeping control plane, and what is
 * said here leaves as plain e-mail anyway.
 */
export class Notifications extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { name, emails }: NotificationsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'hybrid-failover', enforceSSL: true });
    for (const email of emails) this.topic.addSubscription(new EmailSubscription(email));
    this.topic.addToResourcePolicy(this.#fromAlarms(name));
  }

  /** A topic that has its own policy loses AWS's default one, which admits the alarms of the account. */
  #fromAlarms(name: string): PolicyStatement {
    const { account } = Stack.of(this);
    const alarms = Stack.of(this).formatArn({ service: 'cloudwatch', resource: `alarm:${name}-*` });
    return new PolicyStatement({
      sid: 'OurAlarms',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [this.topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': alarms },
      },
    });
  }
}
