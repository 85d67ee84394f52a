/** A clock that is moved by hand, and what becomes due on it. */
export class Timers {
  now = Date.UTC(2026, 0, 1);
  #pending: { readonly at: number; readonly done: () => void }[] = [];

  /** When the next one is due; never, if there is none. */
  get next(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#pending.map(({ at }) => at));
  }

  later(seconds: number, done: () => void): void {
    this.#pending.push({ at: this.now + seconds * 1000, done });
  }

  moveTo(moment: number): void {
    this.now = moment;
    const due = this.#pending.filter(({ at }) => at <= moment);
    this.#pending = this.#pending.filter(({ at }) => at > moment);
    for (const { done } of due) done();
  }
}
