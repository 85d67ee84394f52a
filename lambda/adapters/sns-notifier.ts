import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { message } from '../mail.ts';
import type { Notifier } from '../ports.ts';

export function snsNotifier(client: SNSClient, topicArn: string): Notifier {
  return {
    async tell(entry) {
      const { subject, body } = message(entry);
      await client.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: body }));
    },
  };
}
