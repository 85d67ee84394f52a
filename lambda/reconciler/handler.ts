import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { clientConfig } from '../adapters/client-config.ts';
import { documentClient } from '../adapters/dynamodb.ts';
import { httpWitness } from '../adapters/http-witness.ts';
import { snsMail } from '../adapters/sns-mail.ts';
import { type OperatorAnswer, type OperatorCall, operatorCall } from '../contract/events.ts';
import {
  type ReconcilerEnvironment,
  readServices,
  required,
  type ServiceSettings,
} from '../contract/settings.ts';
import type { Decision } from '../domain/decision.ts';
import { reasons } from '../domain/reasons.ts';
import { ec2Kind } from '../kinds/ec2/index.ts';
import type { ServicePorts } from '../ports.ts';
import { wire } from '../wiring.ts';
import { isThorough, servicesOf } from './nudge.ts';
import { type Nudge, type Recorded, reconcile, recorded } from './reconcile.ts';

const log = new Logger({ serviceName: 'reconciler' });
const environment = process.env as Partial<ReconcilerEnvironment>;
const services = new Map(readServices(environment).map((settings) => [settings.name, settings]));
const table = required(environment, 'TABLE_NAME');
const topicArn = required(environment, 'TOPIC_ARN');
const documents = documentClient(new DynamoDBClient(clientConfig));
const ssm = new SSMClient(clientConfig);
// One try: what people have not been told is tried again with the next nudge.
const sns = new SNSClient({ ...clientConfig, maxAttempts: 1 });

const portsOf = (settings: ServiceSettings): ServicePorts =>
  wire(settings, {
    documents,
    table,
    kind: ec2Kind(ssm, connectEc2, log),
    witness: (url) => httpWitness(url, log),
    people: { mail: snsMail(sns, topicArn) },
    clock: Date.now,
    log,
  });

async function connectEc2() {
  const { EC2Client } = await import('@aws-sdk/client-ec2');
  return new EC2Client(clientConfig);
}

async function handle(event: unknown, { invokedFunctionArn }: Context): Promise<unknown> {
  const names = [...services.keys()];
  const call = operatorCall(event, names, invokedFunctionArn);
  return call ? answer(call) : reconcileAll(servicesOf(event, names), isThorough(event));
}

/** The answer contains what the decision was made from, so that the operator can see why, and what comes next. */
async function answer({ service, request }: OperatorCall): Promise<OperatorAnswer> {
  const settings = settingsOf(service);
  const { policy } = settings;
  const ports = portsOf(settings);
  // Who only wants to know changes nothing: the site's words, events and the tick move the service.
  const { answer: given, ...look }: Recorded & Pick<Decision, 'answer'> = request
    ? await reconcile(service, ports, policy, { isThorough: true, request })
    : await recorded(service, ports);
  const { site, reason, state, evidence } = look;
  // The table is where the history is.
  const seen = { site, reason, state, evidence, policy, at: Date.now(), table };
  if (given?.accepted === false) return { ...seen, accepted: false, message: reasons[given.reason] };
  return { ...seen, accepted: true, message: reasons[reason] };
}

async function reconcileAll(concerned: readonly string[], isThorough: boolean): Promise<void> {
  const results = await Promise.allSettled(concerned.map((service) => look(service, { isThorough })));
  // One service's trouble must not hide another's success, but it must fail the invocation.
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
}

async function look(service: string, nudge: Nudge): Promise<void> {
  const settings = settingsOf(service);
  await reconcile(service, portsOf(settings), settings.policy, nudge);
}

function settingsOf(service: string): ServiceSettings {
  const settings = services.get(service);
  if (settings) return settings;
  throw new Error(`service: received ${service}, expected ${[...services.keys()].join(' or ')}`);
}

export const handler = middy().handler(handle);
