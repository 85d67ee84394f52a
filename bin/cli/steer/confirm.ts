import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';

/**
 * Lets a person think again before traffic moves.
 * @param what completes "This …"
 * @throws CliError if the answer is another one, or there is nobody to ask
 */
export async function confirm({ ask }: Context, yes: boolean, service: string, what: string): Promise<void> {
  if (yes) return;
  if (!ask) {
    throw new CliError(
      `this ${what}, and nobody can be asked here whether that is wanted`,
      'Run it in a terminal, or confirm with --yes.',
      2,
    );
  }
  const answer = await ask(`This ${what}. Type "${service}" to go on: `);
  if (answer.trim() === service) return;
  throw new CliError(
    `not confirmed: received ${JSON.stringify(answer.trim())}, expected ${JSON.stringify(service)}; nothing was done`,
    'Run it again and type the name of the service, or confirm with --yes.',
    2,
  );
}
