import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RequestResult } from './account.ts';
import type { LoadEvent, LoadSettings, ToLoad } from './messages.ts';

/** A running load generator. */
export interface Load {
  /** Stops sending, waits for the answers under way (at most the request timeout), and returns all results. */
  finish(): Promise<RequestResult[]>;
  /** Ends the generator at once, without results. */
  kill(): Promise<void>;
}

/**
 * Starts sending requests from a process of its own.
 * @param settings requestsPerSecond: on a fixed schedule, whatever the answers do
 * @param onEvent  told sites changing, errors beginning and ending, and a digest each second
 * @param onExit   told if the generator ends without having been asked to
 */
export async function startLoad(
  settings: LoadSettings,
  onEvent: (event: LoadEvent) => void,
  onExit: (error: Error) => void = () => {},
): Promise<Load> {
  const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  let expected = false;
  void exited.then(([code, signal]) => {
    if (!expected) onExit(new Error(`the load generator ended by itself (${signal ?? code})`));
  });
  const tell = (message: ToLoad) => child.send(message);
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  child.on('message', (event: LoadEvent) => {
    if (event.type === 'started') resolve();
    if (event.type === 'finished') finish();
    onEvent(event);
  });
  tell({ type: 'start', settings });
  await Promise.race([
    started,
    exited.then(() => Promise.reject(new Error('the load generator did not start'))),
  ]);
  return {
    async finish() {
      expected = true;
      tell({ type: 'stop' });
      await Promise.race([finished, exited]);
      await exited;
      return readResults(settings.resultsFile);
    },
    async kill() {
      expected = true;
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Reads a file of results, one JSON line each. */
async function readResults(file: string): Promise<RequestResult[]> {
  const results: RequestResult[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) results.push(JSON.parse(line));
  return results;
}
