import type { Context } from './context.ts';
import { CliError } from './errors.ts';

/** Prints what a command found, as lines for people or as one JSON document, and errors the same way. */
export async function report<Result>(
  { process }: Context,
  json: boolean,
  run: () => Promise<Result>,
  lines: (result: Result) => readonly string[],
): Promise<Result> {
  try {
    const result = await run();
    process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : `${lines(result).join('\n')}\n`);
    return result;
  } catch (error) {
    if (json && error instanceof CliError) {
      const { message, remedy } = error;
      process.stdout.write(`${JSON.stringify({ error: { message, remedy } }, null, 2)}\n`);
    }
    throw error;
  }
}
