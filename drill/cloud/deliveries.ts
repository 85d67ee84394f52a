import { DrillError } from '../kit/errors.ts';
import { createInvokeAsync, type InvokeAsync } from './async-invoke.ts';
import { callerOf } from './credentials.ts';
import type { FaultGate } from './faults.ts';
import type { Functions } from './functions.ts';
import type { Tell } from './happenings.ts';
import { type AccessRequest, type Authorize, byService } from './iam/request.ts';
import type { Background, Latencies } from './latencies.ts';
import { createEventBus, type Delivery, type EventBus } from './services/events.ts';
import type { Sns } from './services/sns.ts';
import type { Assembly } from './template.ts';

/** What carries events and asynchronous invocations, and where it ends if it cannot. */
export interface Deliveries {
  readonly invokeAsync: InvokeAsync;
  readonly events: EventBus;
}

interface Options {
  readonly assembly: Assembly;
  readonly functions: Functions;
  readonly background: Background;
  readonly latencies: Latencies;
  readonly authorize: Authorize;
  readonly gate: FaultGate;
  readonly publish: Sns['publish'];
  readonly tell: Tell;
}

/** Who sends a dead letter. */
type Sender = Pick<AccessRequest, 'caller' | 'context'>;

export function createDeliveries(options: Options): Deliveries {
  const { assembly, functions, background, latencies, authorize, gate, publish, tell } = options;
  const queues = new Set(assembly.ofType('AWS::SQS::Queue').map(({ attributes }) => attributes.Arn));
  const letter = async (target: string, body: string, { caller, context }: Sender) => {
    const action = queues.has(target) ? 'sqs:SendMessage' : 'sns:Publish';
    if (!(await authorize({ caller, action, resource: target, context }))) return;
    tell({ kind: 'dead-letter', target, body });
    if (!queues.has(target)) publish(target, undefined, body);
  };
  const invokeAsync = createInvokeAsync(
    functions,
    background,
    latencies.asyncRetrySeconds,
    (settings, target, body) => {
      const caller = callerOf(settings, assembly.accountId);
      background.start(() => letter(target, body, { caller, context: {} }));
    },
  );
  const deliver = async ({ targetArn, ruleArn, deadLetterArn, event, cause }: Delivery) => {
    const settings = functions.find(targetArn);
    if (!settings)
      throw new DrillError(`${cause} targets ${targetArn}, which is no function of the assembly`);
    const from = { accountId: assembly.accountId, sourceArn: ruleArn };
    const request = byService('events.amazonaws.com', 'lambda:InvokeFunction', targetArn, from);
    if ((await authorize(request)) && gate.reachesTargets()) return invokeAsync(settings, event, cause);
    if (deadLetterArn !== undefined) await letter(deadLetterArn, event, request);
  };
  const bus = createEventBus(assembly, background, latencies.eventSeconds, (delivery) =>
    background.start(() => deliver(delivery)),
  );

  const events: EventBus = { ...bus, put: (event) => void (gate.dropsEvents() || bus.put(event)) };
  return { invokeAsync, events };
}
