import type { FunctionSettings } from './function-settings.ts';
import type { Functions } from './functions.ts';
import { type Background, pass } from './latencies.ts';
import type { Outcome } from './sandbox-process.ts';

/** Invokes a function without waiting for it, with the retries and the last resort that AWS gives. */
export type InvokeAsync = (settings: FunctionSettings, event: string, cause: string) => void;

/** Where an event goes that no attempt could handle: the ARN of a queue or topic, and the message. */
export type DeadLetter = (settings: FunctionSettings, targetArn: string, body: string) => void;

/** A throttled event waits in Lambda's own queue; this is how often it looks again. */
const THROTTLE_SECONDS = 0.2;

/** @param retrySeconds waits before the second, third … attempt; the last one repeats */
export function createInvokeAsync(
  functions: Functions,
  background: Background,
  retrySeconds: readonly number[],
  deadLetter: DeadLetter,
): InvokeAsync {
  const { signal } = background;
  const attempt = async (settings: FunctionSettings, event: string, cause: string): Promise<Outcome> => {
    while (functions.isThrottled(settings)) await pass(THROTTLE_SECONDS, signal);
    return functions.invoke(settings, event, cause);
  };
  const persist = async (settings: FunctionSettings, event: string, cause: string): Promise<void> => {
    const { attempts, maxAgeSeconds } = settings.retries;
    const giveUpAt = Date.now() + maxAgeSeconds * 1000;
    let outcome = await attempt(settings, event, cause);
    let made = 1;
    while ('failure' in outcome && made < attempts && Date.now() < giveUpAt) {
      await pass(retrySeconds[Math.min(made, retrySeconds.length) - 1] ?? 60, signal);
      outcome = await attempt(settings, event, `${cause}, retry ${made}`);
      made += 1;
    }
    // What the end of the drill cuts short has not failed.
    if ('failure' in outcome && !signal.aborted) giveUp(settings, event, made, outcome, deadLetter);
  };
  return (settings, event, cause) => background.start(() => persist(settings, event, cause));
}

function giveUp(
  settings: FunctionSettings,
  event: string,
  attempts: number,
  outcome: Extract<Outcome, { failure: unknown }>,
  deadLetter: DeadLetter,
): void {
  const { deadLetterArn, onFailureArn } = settings.retries;
  if (deadLetterArn !== undefined) deadLetter(settings, deadLetterArn, event);
  if (onFailureArn === undefined) return;
  const record = {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      functionArn: `${settings.arn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(event),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: outcome.failure,
  };
  deadLetter(settings, onFailureArn, JSON.stringify(record));
}
