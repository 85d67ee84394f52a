import { setTimeout as delay } from 'node:timers/promises';
import { readLine } from '../../lambda/contract/log-lines.ts';
import type { Phase } from '../../lambda/domain/phase.ts';
import type { Happening } from '../cloud/happenings.ts';
import { DrillError } from '../kit/errors.ts';
import type { ServerChange } from '../site/haproxy-log.ts';
import { type Marks, recovery } from '../verify/phases.ts';
import type { Control } from './bench-stage.ts';
import type { ControlRecord } from './runs.ts';

/** How often the reconciler is woken once the standby has answered; seconds. Its own schedule takes a minute. */
export const TICK_SECONDS = 0.5;

const POLL_MS = 100;
/** Longest time from the standby's first answer to the recorded failover; seconds. */
const COMPLETE_SECONDS = 60;

/** Waits until the control plane has recorded that the standby serves, hurrying it. */
export async function servingRecorded({ happenings, tick }: Control, since: number): Promise<void> {
  const ticking = setInterval(tick, TICK_SECONDS * 1000);
  const what = 'the control plane records that the standby serves';
  try {
    await happenings.first(what, isDecision('serving'), { since, seconds: COMPLETE_SECONDS });
  } finally {
    clearInterval(ticking);
  }
}

/** Waits until the control plane is at home, hurrying it. */
export async function home(control: Control, seconds: number): Promise<void> {
  const ticking = setInterval(control.tick, TICK_SECONDS * 1000);
  const deadline = Date.now() + seconds * 1000;
  try {
    // It may never have left, so there may be nothing to be told of: it is asked.
    while ((await control.state()).phase !== 'home') {
      if (Date.now() > deadline) {
        const { phase } = await control.state();
        throw new DrillError(
          `the control plane was not at home ${seconds} s after the repair, but in phase ${phase}`,
        );
      }
      await delay(POLL_MS);
    }
  } finally {
    clearInterval(ticking);
  }
}

/**
 * What the control plane did in a run, from what was seen of it.
 * @param run when the fault struck, and the end of the recovery, which the phases add up to, in Unix milliseconds; how
 *   many decisions were made; and how long the way to the standby takes in each direction, in milliseconds
 */
export function controlRecord(
  { happenings, serverChanges, badSigns }: Pick<Control, 'happenings' | 'serverChanges' | 'badSigns'>,
  { faultAt, recoveredAt, epochs, delayMs }: RecordedRun,
): ControlRecord {
  // Whatever was started on suspicion: without a failover there are no phases of one.
  if (epochs === 0) return { epochs };
  const since = happenings.all.filter(({ at }) => at >= faultAt);
  const firstAt = (fits: (one: Happening) => boolean) => since.find(fits)?.at;
  const changedAt = (name: string, to: ServerChange['state']) =>
    serverChanges.all.find(({ at, server, state }) => at >= faultAt && server === name && state === to)?.at;
  const detect = changedAt('primary', 'DOWN');
  const alert = firstAt(isAlert(badSigns));
  const decide = firstAt(isStart('command-sent'));
  const dispatch = firstAt(isStart('script-started'));
  // Not the end of the script, which goes on after the first healthy answer.
  const start = changedAt('standby', 'UP');
  if (alert === undefined || decide === undefined || dispatch === undefined || start === undefined)
    return { epochs };
  // A primary that was never marked down was found out by the alert itself.
  const marks: Marks = { detect: detect ?? alert, alert, decide, dispatch, start, route: recoveredAt };
  const hostSeconds = start < dispatch ? wakeSeconds(since) : (start - decide) / 1000;
  const floor =
    hostSeconds === undefined ? {} : { floorSeconds: hostSeconds + roundTripsOf(start < dispatch, delayMs) };
  return { epochs, phases: recovery(faultAt, marks).phases, ...floor };
}

interface RecordedRun {
  readonly faultAt: number;
  readonly recoveredAt: number;
  readonly epochs: number;
  readonly delayMs: number;
}

/**
 * The round trips that nobody can save, in seconds. To the first request: opening a connection, TLS 1.3, and the request.
 * A wake takes as many before it.
 */
function roundTripsOf(isWoken: boolean, delayMs: number): number {
  return ((isWoken ? 6 : 3) * 2 * delayMs) / 1000;
}

/** From the request of the site to the healthy answer of the container, as the host has noted it. */
function wakeSeconds(since: readonly Happening[]): number | undefined {
  for (const one of since) {
    const said = one.kind === 'script-ended' && / asked=(\d+) answered=(\d+)/.exec(one.output ?? '');
    if (said) return (Number(said[2]) - Number(said[1])) / 1000;
  }
  return undefined;
}

const isAlert = (names: ReadonlySet<string>) => (one: Happening) =>
  one.kind === 'webhook-received' &&
  one.alerts.some(({ name, status }) => names.has(name) && status === 'firing');

const isStart = (kind: 'command-sent' | 'script-started') => (one: Happening) =>
  one.kind === kind && one.parameters.action === 'start';

const isDecision = (phase: Phase) => (one: Happening) =>
  one.kind === 'function-log' && readLine(one.record, 'decided')?.to === phase;
