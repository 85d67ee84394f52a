import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Wake } from '../contract/events.ts';
import type { Waker } from '../ports.ts';

/** Nudges the reconciler without waiting for it. */
export function lambdaWaker(client: LambdaClient, functionName: string): Waker {
  return {
    async wake(services) {
      const Payload = JSON.stringify({ services } satisfies Wake);
      await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload }));
    },
  };
}
