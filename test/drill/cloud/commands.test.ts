import { expect, test } from 'vitest';
import { DEFAULT_LATENCIES, startBackground } from '../../../drill/cloud/latencies.ts';
import type { EventInput } from '../../../drill/cloud/services/events.ts';
import {
  type CommandWorld,
  createAgent,
  createInvocation,
} from '../../../drill/cloud/services/ssm-commands.ts';
import type { CommandDocument } from '../../../drill/cloud/services/ssm-document.ts';

/** A world whose instance never answers. */
function unreachableWorld() {
  const events: EventInput[] = [];
  const background = startBackground(() => {});
  const world: CommandWorld = {
    latencies: { ...DEFAULT_LATENCIES, dispatchSeconds: 0 },
    background,
    events: { put: (event) => events.push(event) },
    tell: () => {},
    host: {} as CommandWorld['host'],
    isOnline: () => false,
    whenOnline: (_id, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('not online'))),
      ),
    instanceArn: (id) => `arn:${id}`,
  };
  return { world, events };
}

test('a command that cannot be delivered in time is given up, and says so', async () => {
  const { world, events } = unreachableWorld();
  const document: CommandDocument = { name: 'doc', arn: 'arn:doc', bind: () => bound };
  const bound = { script: '', timeoutSeconds: 0.05, parameters: { action: 'start' } };
  const invocation = createInvocation(document, bound, 'i-1', '', 0.05);
  expect(invocation.expiresAt - invocation.requestedAt).toBe(100);
  await createAgent(world)(invocation);
  expect(invocation).toMatchObject({ status: 'TimedOut', statusDetails: 'DeliveryTimedOut', run: undefined });
  const [single, whole] = events;
  const common = { 'command-id': invocation.commandId, 'document-name': 'doc', status: 'TimedOut' };
  expect(single).toMatchObject({
    source: 'aws.ssm',
    detailType: 'EC2 Command Invocation Status-change Notification',
    resources: ['arn:i-1'],
    detail: { ...common, 'instance-id': 'i-1' },
  });
  expect(whole).toMatchObject({
    detailType: 'EC2 Command Status-change Notification',
    detail: { ...common, parameters: { action: ['start'] } },
  });
});
