import { execFile } from 'node:child_process';

/** What a program that was run to its end said. */
export type Captured = {
  /** The program exited 0. */
  ok: boolean;
  stdout: string;
  stderr: string;
  /** One line that says why it failed; empty when `ok`. */
  problem: string;
};

export type CaptureOptions = {
  /** Added to our own environment. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  timeoutSeconds?: number;
};

/**
 * Runs a program to its end and keeps its output. Never rejects: a program that is missing, fails or
 * overruns its time is an ordinary answer here, because the caller has another source to try.
 */
export function capture(
  command: string,
  args: readonly string[],
  { env = {}, cwd, timeoutSeconds = 15 }: CaptureOptions = {},
): Promise<Captured> {
  return new Promise((resolve) => {
    const options = {
      env: { ...process.env, ...env },
      cwd,
      timeout: timeoutSeconds * 1000,
      // A program that ignores SIGTERM must not hold up the search for parts.
      killSignal: 'SIGKILL' as const,
      maxBuffer: 16 * 1024 * 1024,
    };
    execFile(command, [...args], options, (error, stdout, stderr) => {
      resolve({ ok: error === null, stdout, stderr, problem: problemOf(error, stderr, timeoutSeconds) });
    });
  });
}

type ExecFailure = Error & { code?: string | number | null; killed?: boolean };

function problemOf(error: ExecFailure | null, stderr: string, timeoutSeconds: number): string {
  if (error === null) return '';
  if (error.code === 'ENOENT') return 'not found';
  if (error.killed === true) return `no answer within ${timeoutSeconds} s`;
  const lastLine = stderr.trim().split('\n').at(-1) ?? '';
  return lastLine === '' ? `exit code ${error.code ?? 'unknown'}` : lastLine;
}
