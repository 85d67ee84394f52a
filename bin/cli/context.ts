/** Where a command writes to. */
export type Stream = { write(text: string): unknown; readonly isTTY?: boolean };

/** What a command gets from its process: streams, environment, clock. */
export type Context = {
  readonly process: {
    readonly stdout: Stream;
    readonly stderr: Stream;
    readonly env: Readonly<Partial<Record<string, string>>>;
    exitCode?: number | string | null;
  };
  /** PEM. Trusted for the webhook in addition to Node's own list: for a site behind an inspecting proxy. */
  readonly ca?: string;
  /** Unix milliseconds. */
  readonly clock: () => number;
  /** Runs the CDK's command line in place of the real one. */
  readonly cdk?: (args: readonly string[]) => Promise<number>;
  /** Puts a question to the person at the terminal; absent if there is none. */
  readonly ask?: (question: string) => Promise<string>;
};

export function realContext(): Context {
  const { stdin, stdout, stderr, env } = process;
  return { process: { stdout, stderr, env }, clock: Date.now, ...(stdin.isTTY && { ask: askAtTerminal }) };
}

async function askAtTerminal(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  // The answer of a command is on standard output, and only that.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}
