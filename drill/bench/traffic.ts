import { rmSync } from 'node:fs';
import { Happened } from '../kit/event-log.ts';
import type { RequestResult } from '../load/account.ts';
import { startLoad } from '../load/load.ts';
import type { LoadEvent } from '../load/messages.ts';

/** Clients of one run. */
export interface Traffic {
  /** Waits until the site has given an answer. */
  answeredBy(site: string, since: number, seconds: number): Promise<void>;
  /** Waits for a whole second in which the primary alone answered, and nobody waited or failed. */
  atHome(since: number, seconds: number): Promise<void>;
  /** Stops sending, waits for the last answers, and returns all results. */
  finish(): Promise<RequestResult[]>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

/** Longer than anything here lets a request wait. */
const TIMEOUT_SECONDS = 30;
/** A second counts as whole and good with this share of its requests answered. */
const WHOLE = 0.9;

export async function startTraffic(
  url: string,
  requestsPerSecond: number,
  resultsFile: string,
): Promise<Traffic> {
  const events = new Happened<LoadEvent>();
  let broken: Error | undefined;
  const load = await startLoad(
    { url, requestsPerSecond, timeoutSeconds: TIMEOUT_SECONDS, resultsFile },
    (event) => events.add(event),
    (error) => {
      broken = error;
    },
  );
  const isHome = (event: LoadEvent) =>
    event.type === 'second' &&
    event.failed === 0 &&
    (event.bySite.primary ?? 0) === event.ok &&
    event.ok >= Math.floor(requestsPerSecond * WHOLE) &&
    event.inFlight <= Math.max(10, requestsPerSecond / 10);
  return {
    async answeredBy(site, since, seconds) {
      const fits = (event: LoadEvent) => event.type === 'site-changed' && event.site === site;
      await events.first(`clients are answered by the ${site}`, fits, { since, seconds });
    },
    async atHome(since, seconds) {
      // The second must have begun after that moment.
      const from = { since: since + 1000, seconds: seconds + 1 };
      await events.first('clients are at home again', isHome, from);
    },
    async finish() {
      const results = await load.finish();
      rmSync(resultsFile);
      if (broken) throw broken;
      return results;
    },
    kill: load.kill,
  };
}
