/**
 * The inside of a sandbox: loads a function's deployed bundle and calls its handler, as the Node runtime of
 * AWS Lambda does. Forked by functions.ts; speaks with it over IPC.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FromSandbox, ToSandbox } from './sandbox-messages.ts';

type Handler = (event: unknown, context: object) => unknown;

function say(message: FromSandbox): void {
  process.send?.(message);
}

function failure(thrown: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  if (thrown instanceof Error) {
    return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}

async function loadHandler(): Promise<Handler> {
  const root = process.env.LAMBDA_TASK_ROOT ?? '';
  const [module = '', name = ''] = (process.env._HANDLER ?? '').split('.');
  const file = ['.mjs', '.js', '.cjs'].map((extension) => join(root, module + extension)).find(existsSync);
  if (file === undefined) throw new Error(`Cannot find module '${module}' in ${root}`);
  const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  // A CommonJS bundle arrives as the default export.
  const handler = loaded[name] ?? (loaded.default as Record<string, unknown> | undefined)?.[name];
  if (typeof handler !== 'function') throw new Error(`${module}.${name} is undefined or not exported`);
  return handler as Handler;
}

function contextOf({ requestId, functionArn, deadlineMs }: ToSandbox): object {
  return {
    awsRequestId: requestId,
    invokedFunctionArn: functionArn,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

async function invoke(handler: Handler, message: ToSandbox): Promise<void> {
  try {
    const result = await handler(JSON.parse(message.event), contextOf(message));
    say({ type: 'result', payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    say({ type: 'error', ...failure(error) });
  }
}

// The drill may die without telling anybody: a sandbox never outlives it.
process.once('disconnect', () => process.exit(0));

try {
  const handler = await loadHandler();
  process.on('message', (message: ToSandbox) => void invoke(handler, message));
  // Milliseconds since the process began: what a cold start costs before the first event.
  say({ type: 'ready', milliseconds: performance.now() });
} catch (error) {
  say({ type: 'init-error', ...failure(error) });
}
