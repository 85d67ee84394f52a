import { messageOf } from './errors.ts';

/** Exit codes as a shell expects them: 128 and the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Cleans up on every way in which a program can be ended but SIGKILL, and then exits. A second signal does
 * not wait for the cleanup any longer.
 * @param cleanup ends everything; idempotent
 * @param say     told why the program ends
 */
export function cleanUpOnEnd(cleanup: () => Promise<void>, say: (line: string) => void): void {
  let ending = false;
  const end = (code: number, why: string) => {
    if (ending) process.exit(code);
    ending = true;
    say(why);
    cleanup().then(
      () => process.exit(code),
      (error: unknown) => {
        say(`the cleanup failed: ${messageOf(error)}`);
        process.exit(code);
      },
    );
  };
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () =>
      end(code, `${signal}: ending everything that was started; once more to end at once`),
    );
  }
  const fail = (error: unknown) =>
    end(1, error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}
