import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Happened } from '../kit/event-log.ts';
import type { Processes } from '../kit/processes.ts';
import type { Timeline } from '../kit/timeline.ts';
import { type Account, account, type Execution, readExecutions } from '../load/account.ts';
import { startLoad } from '../load/load.ts';
import type { LoadEvent } from '../load/messages.ts';
import type { Stage } from './stage.ts';
import type { Watch } from './watch.ts';

/** Clients that call the service from their own process, at a steady rate. */
export interface Clients {
  /** Waits for the first answer of a site after answers of the other. */
  answeredBy(
    site: 'primary' | 'standby',
    what: string,
    limits: { since: number; seconds: number },
  ): Promise<LoadEvent>;
  /** Stops sending, waits for the last answers, and balances them with what the sites did. */
  finish(): Promise<Account>;
}

export interface ClientsOptions {
  readonly requestsPerSecond: number;
  readonly workDir: string;
}

const requestTimeoutSeconds = 30;

/** Where the clients of a drill write down each request once it has ended. */
export const resultsFileIn = (workDir: string) => join(workDir, 'requests.jsonl');

/** What both sites have recorded so far. */
export async function executionsOn({ site, host }: Pick<Stage, 'site' | 'host'>): Promise<Execution[]> {
  const ofPrimary = readFileSync(site.primaryLog, 'utf8').split('\n');
  return readExecutions([...ofPrimary, ...(await host.containerLines())]);
}

/** Settles once the primary has answered. */
export async function startClients(
  { site, host }: Stage,
  { requestsPerSecond, workDir }: ClientsOptions,
  processes: Processes,
  timeline: Timeline,
  watch: Watch,
): Promise<Clients> {
  const traffic = new Happened<LoadEvent>();
  let broken: Error | undefined;
  const load = await startLoad(
    {
      url: site.serviceUrl,
      requestsPerSecond,
      timeoutSeconds: requestTimeoutSeconds,
      resultsFile: resultsFileIn(workDir),
    },
    (event) => {
      watch.load(event);
      traffic.add(event);
    },
    (error) => {
      broken = error;
    },
  );
  processes.onCleanup('load', load.kill);
  timeline.add('clients', `send ${requestsPerSecond} requests/s: 80 % GET, 10 % PUT, 10 % POST`);
  const clients: Clients = {
    answeredBy: (name, what, limits) => traffic.first(what, changedTo(name), limits),
    async finish() {
      const results = await load.finish();
      if (broken) throw broken;
      return account(results, await executionsOn({ site, host }));
    },
  };
  await clients.answeredBy('primary', 'clients are answered by the primary', { since: 0, seconds: 10 });
  return clients;
}

const changedTo = (site: string) => (event: LoadEvent) =>
  event.type === 'site-changed' && event.site === site;
