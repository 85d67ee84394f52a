import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import { awsError, type Session } from './session.ts';

/** The addresses that have confirmed. SNS deletes what is not confirmed within two days. @throws CliError */
export async function confirmedAddresses(session: Session, topic: string): Promise<ReadonlySet<string>> {
  const confirmed = new Set<string>();
  try {
    const pages = paginateListSubscriptionsByTopic({ client: new SNSClient(session) }, { TopicArn: topic });
    for await (const { Subscriptions = [] } of pages) {
      for (const { Endpoint = '', SubscriptionArn = '' } of Subscriptions) {
        // Before it is confirmed there is a word in place of the ARN.
        if (SubscriptionArn.startsWith('arn:')) confirmed.add(Endpoint);
      }
    }
    return confirmed;
  } catch (error) {
    throw awsError(error, `list the subscriptions of ${topic}`);
  }
}
