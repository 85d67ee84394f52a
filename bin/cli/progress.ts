import type { Context } from './context.ts';
import { span } from './steer/time.ts';

/** Tells what a command waits for, and for how long it has waited. */
export type Progress = { tell(text: string): void; end(): void };

/** Where nobody watches, the same is told again now and then, so that a log shows that it goes on. */
const againMilliseconds = 10_000;

/** On a terminal, the seconds go on in the last line. */
export function startProgress({ process: { stderr }, clock }: Context): Progress {
  const begun = clock();
  let told: string | undefined;
  let toldAt = begun;
  return {
    tell(text) {
      const line = `${span(clock() - begun).padStart(8)}  ${text}`;
      const isNews = text !== told;
      if (stderr.isTTY) stderr.write(`${told !== undefined && isNews ? '\n' : '\r\x1b[K'}${line}`);
      else if (isNews || clock() - toldAt >= againMilliseconds) {
        stderr.write(`${line}\n`);
        toldAt = clock();
      }
      told = text;
    },
    end() {
      if (stderr.isTTY && told !== undefined) stderr.write('\n');
    },
  };
}
