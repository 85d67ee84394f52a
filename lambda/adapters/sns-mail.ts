import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { message } from '../mail.ts';
import type { Deliver } from '../ports.ts';

/** Sends an entry as e-mail to all who have subscribed to the topic. */
export function snsMail(client: SNSClient, topicArn: string): Deliver {
  return async (entry) => {
    const { subject, body } = message(entry);
    await client.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: body }));
  };
}
