import { CannotLook } from './cannot-look.ts';
import type { Examined } from './examined.ts';

export type Outcome =
  | { readonly state: 'ok'; readonly found: string }
  | { readonly state: 'failed'; readonly found: string; readonly remedy: string }
  | { readonly state: 'skipped'; readonly found: string };

/** One look at one part of the chain. None needs another one's success. */
export type Check = {
  readonly name: string;
  /** Completes "looks whether …". */
  readonly whether: string;
  /** What to do, for each way in which it fails. */
  readonly remedies: Readonly<Record<string, string>>;
  readonly run: (examined: Examined) => Promise<Outcome>;
};

type Definition<Remedies extends Readonly<Record<string, string>>> = {
  readonly whether: string;
  readonly remedies: Remedies;
  /** Answers what was found, in a few words, if all is well. */
  readonly run: (
    examined: Examined,
    fail: (remedy: keyof Remedies & string, found: string) => never,
  ) => Promise<string>;
};

class Failed extends Error {
  readonly remedy: string;

  constructor(found: string, remedy: string) {
    super(found);
    this.remedy = remedy;
  }
}

export function check<const Remedies extends Readonly<Record<string, string>>>(
  name: string,
  { whether, remedies, run }: Definition<Remedies>,
): Check {
  const fail = (remedy: keyof Remedies & string, found: string): never => {
    throw new Failed(found, remedies[remedy] ?? '');
  };
  return {
    name,
    whether,
    remedies,
    async run(examined) {
      try {
        return { state: 'ok', found: await run(examined, fail) };
      } catch (error) {
        if (error instanceof CannotLook) return { state: 'skipped', found: error.message };
        if (error instanceof Failed) return { state: 'failed', found: error.message, remedy: error.remedy };
        throw error;
      }
    },
  };
}
