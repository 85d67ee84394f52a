/**
 * A problem that the person at the terminal can solve: one line that shows the value received, what was
 * expected, and what to do. The main program prints the message alone; any other error keeps its stack.
 */
export class DrillError extends Error {
  override readonly name = 'DrillError';
}

/** The message of anything that was thrown, for a line of text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
