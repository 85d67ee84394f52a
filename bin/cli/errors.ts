/**
 * What the person at the terminal can solve: what is wrong, and what to do. Anything else that is thrown
 * is a mistake of ours and keeps its stack.
 */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly remedy: string;
  readonly exitCode: 1 | 2 | 3;

  /** @param exitCode 1: something is broken; 2: the command was called wrongly; 3: the control plane refuses */
  constructor(text: string, remedy: string, exitCode: 1 | 2 | 3 = 1) {
    super(text);
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/** The message of anything that was thrown, with the code that Node gives to a failed call. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof AggregateError && thrown.message === '')
    return thrown.errors.map(messageOf).join('; ');
  return thrown.message;
}

export function codeOf(thrown: unknown): string {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
