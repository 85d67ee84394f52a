import { DrillError } from './errors.ts';

interface Limits {
  /** What happened before does not count; Unix milliseconds. */
  readonly since: number;
  readonly seconds: number;
}

/** Everything of one kind that happened, and a way to wait for what has not happened yet. */
export class Happened<T extends { readonly at: number }> {
  readonly all: T[] = [];
  readonly #waiting = new Set<(one: T) => void>();

  add(one: T): void {
    this.all.push(one);
    for (const look of this.#waiting) look(one);
  }

  /**
   * The first that fits, already there or still to come.
   * @throws DrillError naming what was awaited when the time is over; whatever `fits` throws
   */
  first(what: string, fits: (one: T) => boolean, { since, seconds }: Limits): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      const look = (one: T): boolean => {
        try {
          if (one.at < since || !fits(one)) return false;
          end(() => resolve(one));
        } catch (error) {
          end(() => reject(error));
        }
        return true;
      };
      const timer = setTimeout(
        () => end(() => reject(new DrillError(`${what}: did not happen within ${seconds} s`))),
        seconds * 1000,
      );
      // Every one is looked at as it comes: two in the same moment must not hide each other.
      this.#waiting.add(look);
      this.all.some(look);
    });
  }
}
