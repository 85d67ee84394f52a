import { setTimeout as delay } from 'node:timers/promises';
import type { Entry } from '../../../lambda/domain/history.ts';
import { reasons } from '../../../lambda/domain/reasons.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { report } from '../output.ts';
import { type Progress, startProgress } from '../progress.ts';
import { Refused } from './request.ts';
import { openAll, type Target, type TargetFlags } from './target.ts';
import { typed } from './typed.ts';

type Flags = TargetFlags & { readonly json: boolean };

type Result = {
  readonly service: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly seconds?: number;
  readonly detail?: string;
};

const pollMilliseconds = 1000;
/** A host that sleeps too may take ten minutes (lambda/domain/upkeep.ts). */
const limitSeconds = 900;

/** Starts the standby of each service to see whether it would. Exit code 1 if one does not. */
export async function selfTest(this: Context, flags: Flags): Promise<void> {
  const results = await report(
    this,
    flags.json,
    async () => {
      const target = await openAll(flags);
      const all: Result[] = [];
      // One after the other: they may share the host.
      for (const service of target.services) all.push(await testOne(this, target, service));
      return all;
    },
    (all) => all.map(line),
  );
  if (results.some(({ result }) => result === 'failed')) this.process.exitCode = 1;
}

function line({ service, result, seconds, detail }: Result): string {
  const took = seconds === undefined ? '' : ` after ${seconds.toFixed(1)} s`;
  return `${service}: self-test ${result}${took}${detail === undefined ? '' : `: ${detail}`}`;
}

/** @throws Refused, or CliError if nothing is heard in time */
async function testOne(context: Context, target: Target, service: string): Promise<Result> {
  const { state } = await target.ask(service, { action: 'status' });
  // A deployment comes before the site is set up: there is nothing wrong yet.
  if (state.why === 'never-heard') return { service, result: 'skipped', detail: reasons['never-heard'] };
  const deadline = context.clock() + limitSeconds * 1000;
  const progress = startProgress(context);
  try {
    const askedAt = await begin(context, progress, target, service, deadline);
    for (;;) {
      progress.tell(`${service}: the standby is started`);
      const end = await endSince(target, service, askedAt);
      if (end) return resultOf(service, end);
      if (context.clock() > deadline) {
        throw new CliError(
          `${service}: no result of the self-test after ${limitSeconds} s`,
          `What it waits for: "${typed('why', service)}".`,
        );
      }
      await delay(pollMilliseconds);
    }
  } finally {
    progress.end();
  }
}

/** @returns when it was asked for, in Unix milliseconds of the control plane */
async function begin(
  context: Context,
  progress: Progress,
  target: Target,
  service: string,
  deadline: number,
): Promise<number> {
  const asked = { action: 'self-test' } as const;
  for (;;) {
    const answer = await target.ask(service, asked);
    if (answer.accepted && answer.state.testedAt !== undefined) return answer.state.testedAt;
    const isBusy = answer.message === reasons['move-under-way'] && answer.site === 'primary';
    if (!isBusy || context.clock() > deadline) throw new Refused(service, asked, answer);
    progress.tell(`${service}: waits until the standby is free`);
    await delay(pollMilliseconds);
  }
}

async function endSince(target: Target, service: string, since: number): Promise<Entry | undefined> {
  const isEnd = ({ kind, at }: Entry) =>
    (kind === 'self-test-passed' || kind === 'self-test-failed') && at >= since;
  const entries = await target.history(
    service,
    (found) => found.some(({ at }) => at < since) || found.some(isEnd),
  );
  return entries.find(isEnd);
}

function resultOf(service: string, { kind, tookMilliseconds, reason, detail }: Entry): Result {
  const passed = kind === 'self-test-passed';
  return {
    service,
    result: passed ? 'passed' : 'failed',
    ...(tookMilliseconds !== undefined && { seconds: tookMilliseconds / 1000 }),
    ...(!passed && { detail: `${reasons[reason]}${detail === undefined ? '' : `: ${detail}`}` }),
  };
}
