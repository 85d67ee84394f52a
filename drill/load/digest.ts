import { isGood, type RequestResult } from './account.ts';
import type { LoadEvent } from './messages.ts';

/** Condenses results into the few events that a drill watches. */
export interface Digest {
  /** Notes a request that was sent `lateMs` after it was due. */
  sent(lateMs: number): void;
  ended(result: RequestResult): void;
  /** Closes a second. */
  tick(at: number): void;
}

/** @param tell told the events as they happen */
export function createDigest(tell: (event: LoadEvent) => void): Digest {
  let site: string | undefined;
  let errors = 0;
  let inFlight = 0;
  let second = emptySecond();

  const follow = (result: RequestResult, good: boolean) => {
    if (!good) {
      if (errors === 0) tell({ type: 'errors-began', at: result.end, result });
      errors += 1;
      return;
    }
    if (errors > 0) tell({ type: 'errors-ended', at: result.end, errors });
    errors = 0;
    const now = result.servedBy?.split('/')[0];
    if (now === undefined || now === site) return;
    tell({ type: 'site-changed', at: result.end, site: now, previous: site });
    site = now;
  };

  return {
    sent(lateMs) {
      inFlight += 1;
      second.sent += 1;
      second.lateMs = Math.max(second.lateMs, lateMs);
    },
    ended(result) {
      inFlight -= 1;
      const good = isGood(result);
      second[good ? 'ok' : 'failed'] += 1;
      second.slowestMs = Math.max(second.slowestMs, result.end - result.start);
      const by = result.servedBy?.split('/')[0];
      if (by !== undefined) second.bySite[by] = (second.bySite[by] ?? 0) + 1;
      follow(result, good);
    },
    tick(at) {
      tell({ type: 'second', at, inFlight, ...second });
      second = emptySecond();
    },
  };
}

function emptySecond() {
  return { sent: 0, ok: 0, failed: 0, slowestMs: 0, lateMs: 0, bySite: {} as Record<string, number> };
}
