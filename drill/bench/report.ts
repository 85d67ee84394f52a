import { DEFAULT_LATENCIES } from '../cloud/latencies.ts';
import { TICK_SECONDS } from './control-plane.ts';
import type { Options } from './options.ts';
import { type ConfigName, isShort, type PlannedRun } from './plan.ts';
import { recoveryDefinition } from './recovery.ts';
import type { Row } from './rows.ts';
import { isFailed, type Loss, type Outcome } from './runs.ts';
import { benchPolicy } from './stages.ts';
import { noticedTable, phasesTable, seconds } from './table.ts';

/** Of one failover and the way back, roughly; for the estimate only. */
const usualSeconds: Record<ConfigName, number> = {
  this: 15,
  frozen: 15,
  'no-line': 17,
  hot: 14,
  'hot-tuned': 12,
  'no-parking': 15,
  reference: 150,
  'no-suspicion': 16,
};
const usualBlipSeconds = 10;

/** What is about to happen, and what in it differs from production. */
export function announcement(plan: readonly PlannedRun[], { requestsPerSecond, delayMs }: Options): string[] {
  const total = plan.reduce(
    (sum, { config, fault }) => sum + (isShort(fault) ? usualBlipSeconds : usualSeconds[config]),
    0,
  );
  return [
    `${plan.length} runs at ${requestsPerSecond} requests/s (80 % GET, 10 % PUT, 10 % POST), in turns; about ${Math.ceil(total / 60)} minutes`,
    ...differencesFromProduction(delayMs),
    '',
  ];
}

export function differencesFromProduction(delayMs: number): string[] {
  const { stableSeconds, cooldownSeconds, drainSeconds } = benchPolicy;
  const { dispatchSeconds, eventSeconds } = DEFAULT_LATENCIES;
  return [
    `AWS is stood in for: dispatch to the host is assumed to take ${dispatchSeconds} s, an event ${eventSeconds} s. The line and the way to the standby are delayed by ${delayMs} ms in each direction, and the opening of a connection by as much again.`,
    `Shortened: stable ${stableSeconds} s, cooldown ${cooldownSeconds} s, drain ${drainSeconds} s; once the standby has answered, the reconciler is woken every ${TICK_SECONDS} s instead of every minute. Flap control and self-tests are off.`,
    'Each run begins as if the last suspicion were long ago. Configs that wait for their turn are frozen (SIGSTOP).',
  ];
}

/** One run in one line. */
export function progressLine(outcome: Outcome, number: number, total: number): string {
  const { config, fault } = outcome;
  const head = `${String(number).padStart(String(total).length)}/${total}  ${config.padEnd(12)}  ${fault.padEnd(10)}`;
  if (isFailed(outcome)) return `${head}  FAILED: ${outcome.error}`;
  const { requests, recoverySeconds, postsInFlight, control, losses } = outcome;
  const { idempotent, nonIdempotent } = requests;
  const parts = [
    `recovery ${seconds(recoverySeconds).padStart(8)}`,
    `lost ${idempotent.lost} idempotent, ${nonIdempotent.lost} POST (${postsInFlight} in flight)`,
    `slowest ${seconds(requests.slowestSeconds)}`,
  ];
  if (requests.executedTwice > 0) parts.push(`${requests.executedTwice} POST EXECUTED TWICE`);
  if (isShort(fault) && control && control.epochs !== 0) parts.push('A FAILOVER WAS RECORDED');
  if (losses.length > 0) parts.push(firstLoss(losses));
  return `${head}  ${parts.join('; ')}`;
}

function firstLoss([first]: readonly Loss[]): string {
  if (!first) return '';
  const { method, due, ended, answer } = first;
  return `first lost: ${method} due at ${seconds(due)}, ${answer} at ${seconds(ended)}`;
}

/** The tables, what they mean, and what was missed. */
export function summary(rows: readonly Row[], missed: readonly string[]): string[] {
  const phases = phasesTable(rows);
  return [
    '',
    ...noticedTable(rows),
    '',
    recoveryDefinition,
    ...(phases.length === 0 ? [] : ['', ...phases, '', ...phasesNote]),
    '',
    ...(missed.length === 0 ? ['Every target was met.'] : missed.map((line) => `MISSED  ${line}`)),
  ];
}

export const phasesNote = [
  'Phases: of the run with the median recovery. Floor: the median, of the same runs, of what cannot be saved: round trips to the standby, start or thaw of the container until its first healthy answer, and without the line the dispatch of the start; ratio: recovery to floor.',
];
