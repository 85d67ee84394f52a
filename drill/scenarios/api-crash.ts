import { setTimeout as delay } from 'node:timers/promises';
import type { Happening } from '../cloud/happenings.ts';
import { DrillError } from '../kit/errors.ts';
import type { Clients } from '../stage/clients.ts';
import type { Stage } from '../stage/stage.ts';
import { checkEnd } from '../verify/checks.ts';
import type { Measured } from '../verify/measured.ts';
import { type Marks, recovery } from '../verify/phases.ts';
import type { Scenario } from './support/scenario.ts';
import type { Tools } from './support/tools.ts';

export const crash: Scenario = {
  name: 'api-crash',
  breaks: 'The primary is killed (SIGKILL) under traffic, and started again once the standby serves.',
  expected:
    'The standby serves within 10 s, traffic comes home, the standby sleeps, and people hear of each step.',
  unhurried: true,
  usualSeconds: 60,
  async play(stage, tools) {
    const measured = await crashAndReturn(stage, tools);
    return { checks: await checkEnd(stage, measured), measured };
  },
};

/** Long enough for anything that works; a drill that waits longer has failed. */
const limitSeconds = { route: 60, complete: 60, home: 30, failback: 120 } as const;
/** Traffic before the crash, between the moves, and after them. */
const quietSeconds = 2;

/** Kills the primary under traffic, waits for the standby to serve, brings the primary back, and waits for home. */
export async function crashAndReturn(stage: Stage, tools: Tools): Promise<Measured> {
  const clients = await tools.clients();
  // At a random moment within the cycles of checks, scrapes and evaluations.
  await delay(quietSeconds * 1000 + Math.random() * 1000);
  const failover = await breakPrimary(stage, clients, tools);
  await delay(quietSeconds * 1000);
  const failback = await returnPrimary(stage, clients, tools);
  await delay(quietSeconds * 1000);
  return { failover, failback, requests: await clients.finish() };
}

async function breakPrimary(
  { happenings, serverChanges, mails }: Stage,
  clients: Clients,
  { primary }: Tools,
): Promise<Measured['failover']> {
  const since = await primary.kill();
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
  { happenings, mails }: Stage,
  clients: Clients,
  { primary }: Tools,
): Promise<Measured['failback']> {
  const since = await primary.start();
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
