import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FunctionSettings } from './function-settings.ts';
import type { FromSandbox, FunctionFailure, ToSandbox } from './sandbox-messages.ts';

/** How an invocation ended: the handler's answer as JSON text, or a failure. */
export type Outcome = { readonly payload: string } | { readonly failure: FunctionFailure };

/** One sandbox: a process that handles one event at a time. */
export interface Sandbox {
  readonly id: string;
  /** Milliseconds from the start of the process until the handler was loaded. */
  readonly coldStartMs: number;
  /** Whether it can take a further event. */
  isUsable(): boolean;
  invoke(message: ToSandbox): Promise<Outcome>;
  stop(): Promise<void>;
}

/** AWS gives a sandbox this long to load its code. */
const INIT_LIMIT_MS = 10_000;

/**
 * Starts a sandbox and loads the function's bundle in it.
 * @param onLine told every line that the function writes
 * @returns the sandbox, or why its code could not be loaded
 */
export async function startSandbox(
  id: string,
  settings: FunctionSettings,
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Promise<Sandbox | FunctionFailure> {
  const child = fork(fileURLToPath(new URL('sandbox.ts', import.meta.url)), {
    cwd: settings.codeFolder,
    env: environment,
    // Lambda leaves about a tenth of the memory to the runtime.
    execArgv: [`--max-old-space-size=${Math.floor(settings.memoryMb * 0.9)}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // An event that no longer reaches a dying process: its exit, which follows, is what counts.
  child.on('error', () => {});
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', onLine);
  }
  const message = await answerOf(child, INIT_LIMIT_MS, 'initialise');
  if ('failure' in message || message.type !== 'ready') {
    child.kill('SIGKILL');
    await exited;
    return 'failure' in message ? message.failure : failureOf(message);
  }
  let usable = true;
  void exited.then(() => {
    usable = false;
  });
  return {
    id,
    coldStartMs: message.milliseconds,
    isUsable: () => usable,
    async invoke(event) {
      child.send(event);
      const answer = await answerOf(child, event.deadlineMs - Date.now(), 'answer');
      if ('failure' in answer) {
        usable = false;
        child.kill('SIGKILL');
        return answer;
      }
      return answer.type === 'result' ? { payload: answer.payload } : { failure: failureOf(answer) };
    },
    async stop() {
      usable = false;
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function failureOf(message: FromSandbox): FunctionFailure {
  if ('errorType' in message) return message;
  return { errorType: 'Runtime.Unknown', errorMessage: `unexpected ${message.type}`, trace: [] };
}

/** The sandbox's next message; a failure if its time runs out or it exits first. */
function answerOf(
  child: ChildProcess,
  limitMs: number,
  verb: string,
): Promise<FromSandbox | { failure: FunctionFailure }> {
  return new Promise((resolve) => {
    const settle = (value: FromSandbox | { failure: FunctionFailure }) => {
      clearTimeout(timer);
      child.off('message', settle);
      child.off('exit', onExit);
      resolve(value);
    };
    const fail = (errorType: string, errorMessage: string) =>
      settle({ failure: { errorType, errorMessage, trace: [] } });
    const onExit = (code: number | null, signal: string | null) =>
      fail(
        'Runtime.ExitError',
        `Runtime exited with error: ${signal ? `signal: ${signal}` : `exit status ${code}`}`,
      );
    const timer = setTimeout(
      () => {
        fail(
          'Sandbox.Timedout',
          `Task timed out after ${(limitMs / 1000).toFixed(2)} seconds (it did not ${verb})`,
        );
      },
      Math.max(0, limitMs),
    );
    child.on('message', settle);
    child.once('exit', onExit);
  });
}
