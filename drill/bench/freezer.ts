import type { Processes, Supervised } from '../kit/processes.ts';

/** Processes that can be held still together. */
export interface Freezable extends Processes {
  /** Stops all of them (SIGSTOP), the last one first: nobody sees a part missing that he depends on. */
  freeze(): void;
  /** Lets them go on, the first one first. */
  thaw(): void;
}

export function freezable(processes: Processes): Freezable {
  let started: Supervised[] = [];
  return {
    ...processes,
    async start(spec) {
      const one = await processes.start(spec);
      started = [...started.filter((other) => other.isRunning()), one];
      return one;
    },
    freeze() {
      for (const one of started.toReversed()) one.signal('SIGSTOP');
    },
    thaw() {
      for (const one of started) one.signal('SIGCONT');
    },
  };
}
