import { randomUUID } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { DrillError } from '../../kit/errors.ts';
import { AwsError } from '../aws-error.ts';
import type { Operation, Service } from '../endpoint.ts';
import type { Tell } from '../happenings.ts';
import { type Background, pass } from '../latencies.ts';
import { type Assembly, checkProperties, type Resource } from '../template.ts';
import { asList, asObject, asString, type Json } from '../values.ts';

/** The SNS stand-in: Publish really sends a mail to each e-mail subscription. */
export interface Sns {
  readonly service: Service;
  /** E-mail addresses by topic ARN. */
  readonly subscribers: ReadonlyMap<string, readonly string[]>;
  /** Publishes as AWS's own services do (dead letters to a topic). */
  publish(topicArn: string, subject: string | undefined, message: string): void;
}

const MAX_MESSAGE_BYTES = 262_144;

/** @throws DrillError for a subscription that is not to an e-mail address */
export function createSns(
  assembly: Assembly,
  smtpPort: number,
  mailSeconds: number,
  background: Background,
  tell: Tell,
): Sns {
  const subscribers = readSubscribers(assembly);
  const transport = createTransport({ host: '127.0.0.1', port: smtpPort, secure: false, ignoreTLS: true });

  const publish = (topicArn: string, subject: string | undefined, message: string) => {
    for (const to of subscribers.get(topicArn) ?? []) {
      background.start(async () => {
        await pass(mailSeconds, background.signal);
        const line = subject ?? 'AWS Notification Message';
        const from = '"AWS Notifications" <no-reply@sns.amazonaws.com>';
        await transport.sendMail({
          from,
          to,
          subject: line,
          text: `${message}\n\n--\nTo stop receiving notifications from ${topicArn}, unsubscribe.\n`,
        });
        tell({ kind: 'mail-sent', topic: topicArn, to, subject: line });
      });
    }
  };

  return {
    subscribers,
    publish,
    service: {
      deniedCode: 'AuthorizationError',
      operations: { Publish: publishOperation(subscribers, publish) },
    },
  };
}

function publishOperation(subscribers: ReadonlyMap<string, unknown>, publish: Sns['publish']): Operation {
  return {
    resources: ({ TopicArn }) => [String(TopicArn)],
    run(input) {
      const topicArn = String(input.TopicArn ?? '');
      if (!subscribers.has(topicArn)) throw new AwsError('NotFound', 'Topic does not exist', 404);
      const message = emailMessage(input);
      if (message === '') throw invalid('Empty message');
      if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) throw invalid('Message too long');
      publish(topicArn, checkedSubject(input.Subject), message);
      return { MessageId: randomUUID() };
    },
  };
}

/** With MessageStructure json, each protocol gets its own text. */
function emailMessage(input: Json): string {
  const message = String(input.Message ?? '');
  if (input.MessageStructure !== 'json') return message;
  try {
    const texts = asObject(JSON.parse(message), 'Message');
    return asString(texts.email ?? texts.default, 'default');
  } catch {
    throw invalid('Message Structure - no default entry in JSON message body');
  }
}

function checkedSubject(subject: unknown): string | undefined {
  if (subject === undefined) return undefined;
  if (typeof subject === 'string' && /^[!-~][ -~]{0,99}$/.test(subject)) return subject;
  throw invalid('Subject');
}

function invalid(what: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${what}`);
}

function readSubscribers(assembly: Assembly): Map<string, string[]> {
  const byTopic = new Map<string, string[]>();
  for (const topic of assembly.ofType('AWS::SNS::Topic')) {
    checkProperties(
      topic,
      ['TopicName', 'Subscription'],
      ['DisplayName', 'KmsMasterKeyId', 'Tags', 'TracingConfig'],
    );
    const inline = asList(topic.properties.Subscription, `the subscriptions of ${topic.id}`);
    byTopic.set(
      topic.ref,
      inline.map((one) => address(asObject(one, 'a subscription'), topic)),
    );
  }
  for (const subscription of assembly.ofType('AWS::SNS::Subscription')) {
    checkProperties(subscription, ['Protocol', 'Endpoint', 'TopicArn'], ['Region']);
    const topic = asString(subscription.properties.TopicArn, `the topic of ${subscription.id}`);
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), address(subscription.properties, subscription)]);
  }
  return byTopic;
}

function address({ Protocol, Endpoint }: Json, resource: Resource): string {
  if (Protocol === 'email') return asString(Endpoint, `the address of ${resource.id}`);
  throw new DrillError(
    `${resource.stack}/${resource.id} subscribes by ${String(Protocol)}; the drill delivers e-mail only; add it to drill/cloud/services/sns.ts`,
  );
}
