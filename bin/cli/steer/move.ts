import { setTimeout as delay } from 'node:timers/promises';
import type { OperatorAnswer } from '../../../lambda/contract/events.ts';
import { reasons } from '../../../lambda/domain/reasons.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { report } from '../output.ts';
import { type Progress, startProgress } from '../progress.ts';
import { seenSeconds } from './clients.ts';
import { confirm } from './confirm.ts';
import { request } from './request.ts';
import { lines } from './screen.ts';
import { type Situation, situationOf } from './situation.ts';
import { openOne, type Target, type TargetFlags } from './target.ts';
import { typed } from './typed.ts';

type Flags = TargetFlags & { readonly json: boolean; readonly yes: boolean; readonly noWait: boolean };

type Kind = {
  readonly action: 'switchover' | 'failover' | 'failback';
  /** Completes "This …". */
  readonly what: (service: string) => string;
  /** Where the service then stands. */
  readonly until: Situation['phase'];
};

const pollMilliseconds = 1000;
/** A host that sleeps too takes some minutes to start (lambda/domain/upkeep.ts allows ten). */
const limitSeconds = 900;

const command = (kind: Kind) =>
  async function move(this: Context, flags: Flags): Promise<void> {
    const { action } = kind;
    await report(
      this,
      flags.json,
      async () => {
        const { target, service } = await openOne(flags);
        await confirm(this, flags.yes, service, kind.what(service));
        const answer = await request(target, service, { action });
        return flags.noWait ? situationOf(answer) : follow(this, target, kind, answer);
      },
      lines,
    );
  };

export const switchover = command({
  action: 'switchover',
  what: (service) =>
    `starts the standby of ${service} and puts it in charge until a failback; traffic follows when the primary is stopped`,
  until: 'serving',
});

export const failover = command({
  action: 'failover',
  what: (service) =>
    `moves ${service} to the standby without any proof that the primary is down; traffic follows when HAProxy finds the primary down`,
  until: 'serving',
});

export const failback = command({
  action: 'failback',
  what: (service) =>
    `brings ${service} home to the primary, without waiting for cooldown or stability, and stops the standby`,
  until: 'home',
});

/** Tells each change until the move is done. @throws CliError if it goes another way, or takes too long */
async function follow(
  context: Context,
  target: Target,
  kind: Kind,
  first: OperatorAnswer,
): Promise<Situation> {
  const progress = startProgress(context);
  try {
    return await followWith(progress, context.clock, target, kind, first);
  } finally {
    progress.end();
  }
}

async function followWith(
  progress: Progress,
  clock: Context['clock'],
  target: Target,
  { action, until }: Kind,
  first: OperatorAnswer,
): Promise<Situation> {
  const { service } = first.state;
  const begun = clock();
  let doneAt: number | undefined;
  for (let answer = first; ; answer = await target.ask(service, { action: 'status' })) {
    const one = situationOf(answer);
    const now = `${one.headline}: ${reasons[one.reason]}`;
    progress.tell(now);
    if (one.phase === until) {
      doneAt ??= clock();
      // The site says a moment later what clients get of it.
      if (one.serving !== 'nobody' || clock() - doneAt > seenSeconds * 1000) return one;
    }
    if (one.epoch !== first.state.epoch) {
      throw new CliError(
        `the ${action} was overtaken by another decision: ${now} (epoch ${one.epoch}, asked for in ${first.state.epoch})`,
        `${one.do} All moves: ${typed('history', service)}`,
      );
    }
    if (clock() - begun > limitSeconds * 1000) {
      throw new CliError(
        `the ${action} is not done after ${limitSeconds} s: ${now}`,
        `${one.do} The control plane goes on trying. More: ${typed('why', service)}`,
      );
    }
    await delay(pollMilliseconds);
  }
}
