import { siteOf } from '../../lambda/domain/phase.ts';
import type { Happening } from '../cloud/happenings.ts';
import { isListening } from '../kit/processes.ts';
import type { Stage } from '../stage/stage.ts';
import type { Check } from './check.ts';
import { checkDashboard } from './dashboard.ts';
import type { Measured } from './measured.ts';

/** The recovery that a drill on one machine must reach, in seconds. */
export const recoveryTargetSeconds = 10;

/** Looks at the world from outside: what it is like now, whatever the parts said on the way. */
export async function checkEnd(stage: Stage, measured: Measured): Promise<Check[]> {
  const dashboard = await checkDashboard(stage.site.prometheusUrl);
  return [...figures(measured), ...(await world(stage)), ...troubles(stage.happenings.all), dashboard];
}

function figures({ failover, requests }: Measured): Check[] {
  const { recoverySeconds, phases } = failover;
  const sum = Object.values(phases).reduce((total, seconds) => total + seconds, 0);
  const accounted = requests.ok + requests.failed + requests.indeterminate;
  return [
    {
      name: `clients are answered again within ${recoveryTargetSeconds} s`,
      held: recoverySeconds > 0 && recoverySeconds <= recoveryTargetSeconds,
      observed: `${recoverySeconds.toFixed(2)} s`,
    },
    {
      name: 'the phases add up',
      held: Math.abs(sum - recoverySeconds) < 0.001,
      observed: `${sum.toFixed(3)} s of ${recoverySeconds.toFixed(3)} s`,
    },
    {
      name: 'every request is accounted for',
      held: requests.sent > 0 && accounted === requests.sent,
      observed: `${accounted} of ${requests.sent}`,
    },
    {
      name: 'no idempotent request was lost',
      held: requests.idempotent.sent > 0 && requests.idempotent.lost === 0,
      observed: `${requests.idempotent.lost} of ${requests.idempotent.sent}`,
    },
    ...orderKept(requests),
    {
      name: 'no POST was executed twice',
      held: requests.executedTwice === 0,
      observed: `${requests.executedTwice} of ${requests.nonIdempotent.sent}`,
    },
  ];
}

/** At the usual rate too few wait in a second to be compared; `--rate 2000` has enough. */
function orderKept({ order, slowestSeconds }: Measured['requests']): Check[] {
  if (order.seconds === 0) return [];
  return [
    {
      name: 'first come, first served: nobody waited much longer than who came at the same time',
      held: order.worstRatio <= 1.5 && slowestSeconds <= 20,
      observed: `the slowest hundredth of a second waited at most ${order.worstRatio.toFixed(2)} times as long as half of it (${order.seconds} seconds); slowest ${slowestSeconds.toFixed(1)} s`,
    },
  ];
}

async function world({ site, cloud, mails, rehearsed, serverChanges, state }: Stage): Promise<Check[]> {
  const recorded = await state();
  const response = await fetch(site.serviceUrl);
  const servedBy = response.headers.get('x-served-by') ?? 'nobody';
  const standbyListens = await isListening(rehearsed.service.port);
  const standby = serverChanges.all.filter(({ server }) => server === 'standby').at(-1)?.state ?? 'never up';
  const subjects = mails.mails.map(({ subject }) => subject);
  const wanted = [
    'failover to the standby started',
    'the standby serves',
    'failback to the primary started',
    'the standby sleeps',
  ];
  // Once for each subscriber.
  const told = wanted.filter(
    (words) => subjects.filter((subject) => subject.includes(words)).length === cloud.subscribers.length,
  );
  const alerted = subjects.filter((subject) => subject.includes('PrimaryDown')).length;
  const urged = subjects.filter((subject) => subject.includes('ACT:')).length;
  return [
    { name: 'the primary serves', held: servedBy.startsWith('primary/') && response.ok, observed: servedBy },
    {
      name: 'the standby sleeps',
      held: !standbyListens && standby === 'DOWN',
      observed: `${standbyListens ? 'its port answers' : 'its port is closed'}, HAProxy has it ${standby}`,
    },
    {
      name: 'one site is in charge, after two decisions',
      held: siteOf(recorded.phase) === 'primary' && recorded.phase === 'home' && recorded.epoch === 2,
      observed: `${recorded.phase}, epoch ${recorded.epoch}`,
    },
    {
      name: 'everybody heard of each transition once, and of the alert',
      held: told.length === wanted.length && alerted >= 1,
      observed: `${told.length} of ${wanted.length} transitions, ${alerted} alert mail${alerted === 1 ? '' : 's'}`,
    },
    {
      name: 'nobody was woken for what passes by itself',
      held: urged === 0,
      observed: `${urged} mails that ask somebody to act`,
    },
  ];
}

/** What must not happen on the way, unless a scenario brings it about. */
export type Trouble = 'function-failed' | 'dead-letter' | 'call-denied' | 'fault' | 'webhook-refused';

function troubleIn(one: Happening): [Trouble, string] | undefined {
  if (one.kind === 'function-failed') return [one.kind, `${one.function} failed: ${one.error}`];
  if (one.kind === 'dead-letter') return [one.kind, `dead letter: ${one.body}`];
  if (one.kind === 'call-denied')
    return [one.kind, `${one.caller} was denied ${one.action} on ${one.resource}`];
  if (one.kind === 'fault') return [one.kind, one.message];
  if (one.kind === 'webhook-answered' && one.status !== 202)
    return ['webhook-refused', `the webhook answered ${one.status}`];
  return undefined;
}

export function troubles(happenings: readonly Happening[], tolerated: readonly Trouble[] = []): Check[] {
  const bad = happenings
    .map(troubleIn)
    .flatMap((trouble) => (trouble && !tolerated.includes(trouble[0]) ? [trouble[1]] : []));
  const webhooks = happenings.filter(({ kind }) => kind === 'webhook-answered').length;
  return [
    {
      name: 'no function failed, no call was denied, every webhook was acknowledged',
      held: bad.length === 0 && webhooks > 0,
      observed: bad[0] ?? `${webhooks} webhooks`,
    },
  ];
}
