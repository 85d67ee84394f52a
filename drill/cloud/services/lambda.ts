import type { InvokeAsync } from '../async-invoke.ts';
import { AwsError } from '../aws-error.ts';
import type { Service } from '../endpoint.ts';
import type { FunctionSettings } from '../function-settings.ts';
import type { Functions } from '../functions.ts';
import type { Json } from '../values.ts';

/** AWS's limits of an invocation's payload, in bytes. */
export const MAX_SYNC_BYTES = 6 * 1024 * 1024;
const MAX_ASYNC_BYTES = 1024 * 1024;

/** The Lambda stand-in: Invoke, waiting for the answer or not. */
export function createLambda(functions: Functions, invokeAsync: InvokeAsync): Service {
  return {
    operations: {
      Invoke: {
        resources: ({ FunctionName }) => [functions.arnOf(String(FunctionName))],
        async run(input) {
          const settings = found(functions, input);
          const event = checkedPayload(input);
          if (input.InvocationType === 'Event') {
            invokeAsync(settings, event, 'invoke');
            return { StatusCode: 202 };
          }
          if (input.InvocationType === 'DryRun') return { StatusCode: 204 };
          return invokeSync(functions, settings, event, functions.arnOf(String(input.FunctionName)));
        },
      },
    },
  };
}

function found(functions: Functions, { FunctionName }: Json): FunctionSettings {
  const settings = functions.find(String(FunctionName));
  if (settings) return settings;
  throw new AwsError('ResourceNotFoundException', `Function not found: ${String(FunctionName)}`, 404);
}

function checkedPayload({ Payload, InvocationType }: Json): string {
  const event = String(Payload ?? '') || '{}';
  const limit = InvocationType === 'Event' ? MAX_ASYNC_BYTES : MAX_SYNC_BYTES;
  if (Buffer.byteLength(event) > limit) {
    throw new AwsError(
      'RequestTooLargeException',
      `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
      413,
    );
  }
  try {
    JSON.parse(event);
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json');
  }
  return event;
}

async function invokeSync(
  functions: Functions,
  settings: FunctionSettings,
  event: string,
  invokedAs: string,
): Promise<Json> {
  if (functions.isThrottled(settings)) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
  const outcome = await functions.invoke(settings, event, 'invoke', invokedAs);
  if ('payload' in outcome) return { StatusCode: 200, Payload: outcome.payload };
  return { StatusCode: 200, FunctionError: 'Unhandled', Payload: JSON.stringify(outcome.failure) };
}
