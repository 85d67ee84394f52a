import { CliError, messageOf } from '../errors.ts';
import type { Check, Outcome } from './check.ts';
import type { Examined } from './examined.ts';

export const limitSeconds = 20;

export type Finding = { readonly check: string; readonly whether: string } & Outcome;

/**
 * Runs all checks at the same time, each within its limit, and hands them over in their order as soon as
 * they and all before them are done. A check that breaks has failed; it takes no other with it.
 */
export async function* runChecks(
  checks: readonly Check[],
  examined: Omit<Examined, 'signal'>,
  seconds = limitSeconds,
): AsyncGenerator<Finding> {
  const running = checks.map((check) => ({ check, outcome: runOne(check, examined, seconds) }));
  for (const { check, outcome } of running) {
    yield { check: check.name, whether: check.whether, ...(await outcome) };
  }
}

async function runOne(check: Check, examined: Omit<Examined, 'signal'>, seconds: number): Promise<Outcome> {
  const limit = new AbortController();
  const tooLate = Promise.withResolvers<Outcome>();
  const timer = setTimeout(() => {
    tooLate.resolve({
      state: 'failed',
      found: `no result within ${seconds} s`,
      remedy: 'Look whether the machine and its network are overloaded or cut off, then run this again.',
    });
    limit.abort();
  }, seconds * 1000);
  try {
    return await Promise.race([
      check
        .run({ ...examined, signal: limit.signal })
        .catch((error: unknown) => (examined.isDrill ? notInDrill(error) : undefined) ?? unforeseen(error)),
      tooLate.promise,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a held drill does not have is no fault of anybody. */
function notInDrill(error: unknown): Outcome | undefined {
  const [, what] = /the drill does not serve (\S+)/.exec(messageOf(error)) ?? [];
  return what === undefined
    ? undefined
    : { state: 'skipped', found: `a held drill does not stand in for ${what.replace(/^unknown:/, '')}` };
}

function unforeseen(error: unknown): Outcome {
  if (error instanceof CliError) return { state: 'failed', found: error.message, remedy: error.remedy };
  return {
    state: 'failed',
    found: `it could not be looked at: ${messageOf(error)}`,
    remedy: 'Put right what the message names and run this again.',
  };
}
