import { EventEmitter, once } from 'node:events';
import { DrillError } from './errors.ts';

/** Everything of one kind that happened, and a way to wait for what has not happened yet. */
export class Happened<T extends { readonly at: number }> {
  readonly all: T[] = [];
  readonly #arrivals = new EventEmitter().setMaxListeners(0);

  add(one: T): void {
    this.all.push(one);
    this.#arrivals.emit('one', one);
  }

  /**
   * The first that fits and happened not before `since` (Unix milliseconds), already there or still to come.
   * @throws DrillError naming what was awaited, after so many seconds
   */
  async first<Found extends T>(
    what: string,
    fits: (one: T) => one is Found,
    limits: { since: number; seconds: number },
  ): Promise<Found>;
  async first(
    what: string,
    fits: (one: T) => boolean,
    limits: { since: number; seconds: number },
  ): Promise<T>;
  async first(
    what: string,
    fits: (one: T) => boolean,
    { since, seconds }: { since: number; seconds: number },
  ): Promise<T> {
    const wanted = (one: T) => one.at >= since && fits(one);
    const early = this.all.find(wanted);
    if (early) return early;
    const signal = AbortSignal.timeout(seconds * 1000);
    for (;;) {
      const [one] = await once(this.#arrivals, 'one', { signal }).catch(() => {
        throw new DrillError(`${what}: did not happen within ${seconds} s`);
      });
      if (wanted(one)) return one;
    }
  }
}
