import type { Outcome, Scenario } from '../scenarios/support/scenario.ts';
import type { Result } from './result.ts';

/**
 * How a scenario ended that was played in a process of its own.
 * @param json    what it wrote; undefined if it wrote nothing
 * @param log     everything it said
 * @param seconds how long it took with its stage, which is what counts when it says nothing itself
 */
export function readOutcome(
  { name, expected }: Pick<Scenario, 'name' | 'expected'>,
  json: string | undefined,
  log: string,
  seconds: number,
): Outcome {
  if (json === undefined) {
    const last = log.trimEnd().split('\n').at(-1)?.trim() || 'it said nothing';
    return { name, outcome: 'failed', expected, observed: `it gave no result: ${last}`, seconds };
  }
  const written = JSON.parse(json) as { scenarios: Outcome[] } | Result;
  if ('scenarios' in written) return { ...written.scenarios[0], name, expected } as Outcome;
  // The default drill measures, and has a result of its own.
  const { outcome, failover, failback, requests, standbyRuntime } = written;
  const observed = [
    `answered again after ${failover.recoverySeconds.toFixed(1)} s`,
    `the standby (${standbyRuntime}) slept ${failback.seconds.toFixed(1)} s after the primary's return`,
    `${requests.ok} of ${requests.sent} requests answered, ${requests.executedTwice} POST executed twice`,
  ];
  return { name, outcome, expected, observed: observed.join('; '), seconds: Math.round(seconds * 10) / 10 };
}
