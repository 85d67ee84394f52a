import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import { type Clients, startClients } from './clients.ts';
import type { Happening } from './cloud/happenings.ts';
import { DrillError } from './errors.ts';
import { type Marks, type Phases, recovery } from './phases.ts';
import type { Processes } from './processes.ts';
import type { Stage } from './stage.ts';
import type { Timeline } from './timeline.ts';
import type { Watch } from './watch.ts';

/** What a failover and the way back measured. */
export interface Measured {
  readonly failover: { readonly recoverySeconds: number; readonly phases: Phases };
  readonly failback: { readonly seconds: number; readonly homeSeconds: number };
  readonly requests: Account;
}

/** Long enough for anything that works; a drill that waits longer has failed. */
const limitSeconds = { route: 60, complete: 60, home: 30, failback: 120 } as const;
/** Traffic before the crash, between the moves, and after them. */
const quietSeconds = 2;

const failed = 'the primary is killed (SIGKILL)';

/** Kills the primary under traffic, waits for the standby to serve, brings the primary back, and waits for home. */
export async function apiCrash(
  stage: Stage,
  requestsPerSecond: number,
  workDir: string,
  processes: Processes,
  timeline: Timeline,
  watch: Watch,
): Promise<Measured> {
  const clients = await startClients(stage, { requestsPerSecond, workDir }, processes, timeline, watch);
  // At a random moment within the cycles of checks, scrapes and evaluations.
  await delay(quietSeconds * 1000 + Math.random() * 1000);

  const failover = await breakPrimary(stage, clients, timeline);
  await delay(quietSeconds * 1000);
  const failback = await returnPrimary(stage, clients, timeline);
  await delay(quietSeconds * 1000);
  return { failover, failback, requests: await clients.finish() };
}

async function breakPrimary(
  { site, happenings, serverChanges, mails }: Stage,
  clients: Clients,
  timeline: Timeline,
): Promise<Measured['failover']> {
  const since = Date.now();
  timeline.restart(since);
  timeline.add('drill', failed, { at: since, tone: 'bad' });
  site.primary().signal('SIGKILL');
  await site.primary().exited;
  const route = await clients.answeredBy('standby', 'clients are answered by the standby', {
    since,
    seconds: limitSeconds.route,
  });
  const within = { since, seconds: limitSeconds.complete };
  const marks: Marks = {
    detect: (await serverChanges.first('HAProxy marks the primary down', isServer('primary', 'DOWN'), within))
      .at,
    alert: (await happenings.first('the webhook receives the first bad sign', isBadSign, within)).at,
    decide: (await happenings.first('the start is sent', isCommand('command-sent', 'start'), within)).at,
    dispatch: (
      await happenings.first('the start script begins', isCommand('script-started', 'start'), within)
    ).at,
    start: (await serverChanges.first('HAProxy marks the standby up', isServer('standby', 'UP'), within)).at,
    route: route.at,
  };
  await mails.waitFor(({ subject }) => subject.includes('the standby serves'), limitSeconds.complete);
  return recovery(since, marks);
}

async function returnPrimary(
  { site, happenings, mails }: Stage,
  clients: Clients,
  timeline: Timeline,
): Promise<Measured['failback']> {
  const since = Date.now();
  timeline.add('drill', 'the primary is started again', { at: since });
  await site.startPrimary();
  const home = await clients.answeredBy('primary', 'clients are answered by the primary again', {
    since,
    seconds: limitSeconds.home,
  });
  const within = { since, seconds: limitSeconds.failback };
  const stopped = await happenings.first('the stop script ends', isCommand('script-ended', 'stop'), within);
  await mails.waitFor(({ subject }) => subject.includes('the standby sleeps'), limitSeconds.complete);
  return { seconds: (stopped.at - since) / 1000, homeSeconds: (home.at - since) / 1000 };
}

const isServer = (server: string, state: string) => (one: { server: string; state: string }) =>
  one.server === server && one.state === state;

const badSigns = new Set(['PrimarySuspect', 'PrimaryDown']);

const isBadSign = (one: Happening) =>
  one.kind === 'webhook-received' &&
  one.alerts.some(({ name, status }) => badSigns.has(name) && status === 'firing');

const isCommand =
  (kind: 'command-sent' | 'script-started' | 'script-ended', action: string) => (one: Happening) => {
    if (one.kind !== kind || one.parameters.action !== action) return false;
    if (one.kind === 'script-ended' && one.exitCode !== 0) {
      throw new DrillError(
        `the host's script failed (${one.status}, exit code ${one.exitCode}): ${one.output ?? ''}`,
      );
    }
    return true;
  };
