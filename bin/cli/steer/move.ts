import { setTimeout as delay } from 'node:timers/promises';
import type { OperatorAnswer } from '../../../lambda/contract/events.ts';
import { reasons } from '../../../lambda/domain/reasons.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { report } from '../output.ts';
import { confirm } from './confirm.ts';
import { request } from './request.ts';
import { lines, type Situation, situationOf } from './situation.ts';
import { openOne, type Target, type TargetFlags } from './target.ts';
import { span } from './time.ts';

type Flags = TargetFlags & { readonly json: boolean; readonly yes: boolean; readonly noWait: boolean };

type Kind = {
  readonly action: 'switchover' | 'failover' | 'failback';
  /** Completes "This …". */
  readonly what: (service: string) => string;
  /** Where the service then stands. */
  readonly until: Situation['phase'];
  /** What is left for a person to do. */
  readonly afterwards?: string;
};

const pollMilliseconds = 1000;
/** A host that sleeps too takes some minutes to start (lambda/domain/upkeep.ts allows ten). */
const limitSeconds = 900;

const command = (kind: Kind) =>
  async function move(this: Context, flags: Flags): Promise<void> {
    const { action, afterwards } = kind;
    await report(
      this,
      flags.json,
      async () => {
        const { target, service } = await openOne(flags);
        await confirm(this, flags.yes, service, kind.what(service));
        const answer = await request(target, service, { action });
        return flags.noWait ? situationOf(answer) : follow(this, target, kind, answer);
      },
      (one) => [...lines(one), ...(afterwards ? ['', afterwards] : [])],
    );
  };

export const switchover = command({
  action: 'switchover',
  what: (service) =>
    `starts the standby of ${service} and puts it in charge until a failback; traffic follows when the primary is stopped`,
  until: 'serving',
  afterwards:
    'Now stop the primary ("docker compose stop api" on the site): HAProxy prefers a healthy one, and sends traffic to the standby at once when it goes. When the work is done: start it, and "failover failback".',
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
  { process, clock }: Context,
  target: Target,
  { action, until }: Kind,
  first: OperatorAnswer,
): Promise<Situation> {
  const { service } = first.state;
  const begun = clock();
  let told: string | undefined;
  for (let answer = first; ; answer = await target.ask(service, { action: 'status' })) {
    const one = situationOf(answer);
    const now = `${one.headline}: ${reasons[one.reason]}`;
    if (now !== told) process.stderr.write(`${span(clock() - begun).padStart(8)}  ${now}\n`);
    told = now;
    if (one.phase === until) return one;
    if (one.epoch !== first.state.epoch) {
      throw new CliError(
        `the ${action} was overtaken by another decision: ${now} (epoch ${one.epoch}, asked for in ${first.state.epoch})`,
        `"failover history --service ${service}" has all moves.`,
      );
    }
    if (clock() - begun > limitSeconds * 1000) {
      throw new CliError(
        `the ${action} is not done after ${limitSeconds} s: ${now}`,
        `The control plane goes on trying; "failover why --service ${service}" says what stands in its way.`,
      );
    }
    await delay(pollMilliseconds);
  }
}
