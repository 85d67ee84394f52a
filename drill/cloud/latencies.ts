import { setTimeout as delay } from 'node:timers/promises';

/**
 * How long AWS takes, in seconds. The defaults are assumed: no measurement of Run Command's dispatch has been
 * published. A drill may change any of them.
 */
export interface Latencies {
  /** From SendCommand to the start of the script on the host. */
  readonly dispatchSeconds: number;
  /** From SendCommand until GetCommandInvocation knows the invocation. */
  readonly invocationVisibleSeconds: number;
  /** From a happening to the delivery of its EventBridge event. */
  readonly eventSeconds: number;
  /** From StartInstances to `running`. */
  readonly instanceStartSeconds: number;
  /** From `running` until the SSM agent is registered. */
  readonly agentOnlineSeconds: number;
  /** From StopInstances to `stopped`. */
  readonly instanceStopSeconds: number;
  /** From Publish to the hand-over to the mail server. */
  readonly mailSeconds: number;
  /** Waits before the retries of a failed asynchronous invocation (AWS: one minute, then two). */
  readonly asyncRetrySeconds: readonly number[];
}

export const DEFAULT_LATENCIES: Latencies = {
  dispatchSeconds: 1,
  invocationVisibleSeconds: 0.2,
  eventSeconds: 0.3,
  instanceStartSeconds: 15,
  agentOnlineSeconds: 20,
  instanceStopSeconds: 10,
  mailSeconds: 0.2,
  asyncRetrySeconds: [1, 2],
};

/** Background work of the stand-in cloud: everything that is under way can be waited for or cut short. */
export interface Background {
  /** Aborted when the cloud stops. */
  readonly signal: AbortSignal;
  /** Runs work that nobody awaits; its failure is reported, never lost. */
  start(work: () => Promise<void>): void;
  /** Cuts all waits short and settles when the last work has ended. */
  stop(): Promise<void>;
}

/** @param onFault told about work that failed for any reason but the stop */
export function startBackground(onFault: (error: unknown) => void): Background {
  const controller = new AbortController();
  const running = new Set<Promise<void>>();
  return {
    signal: controller.signal,
    start(work) {
      const task: Promise<void> = work()
        .catch((error: unknown) => {
          if (!controller.signal.aborted) onFault(error);
        })
        .finally(() => running.delete(task));
      running.add(task);
    },
    async stop() {
      controller.abort();
      await Promise.all(running);
    },
  };
}

/** Lets a latency pass; rejects with an AbortError when the signal aborts. */
export async function pass(seconds: number, signal: AbortSignal): Promise<void> {
  await delay(seconds * 1000, undefined, { signal });
}
