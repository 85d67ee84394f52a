/** Where a command writes to. */
export type Stream = { write(text: string): unknown; readonly isTTY?: boolean };

/** What a command knows of the world, besides files, the network and AWS. */
export type Context = {
  readonly process: {
    readonly stdout: Stream;
    readonly stderr: Stream;
    readonly env: Readonly<Partial<Record<string, string>>>;
    exitCode?: number | string | null;
  };
  /** PEM. Trusted for the webhook besides what Node trusts: for a site that is behind an inspecting proxy. */
  readonly ca?: string;
  /** Unix milliseconds. */
  readonly clock: () => number;
};

export function realContext(): Context {
  const { stdout, stderr, env } = process;
  return { process: { stdout, stderr, env }, clock: Date.now };
}
