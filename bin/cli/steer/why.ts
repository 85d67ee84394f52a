import type { Entry } from '../../../lambda/domain/history.ts';
import { reasons } from '../../../lambda/domain/reasons.ts';
import type { Context } from '../context.ts';
import { report } from '../output.ts';
import { advice } from './advice.ts';
import { lines, type Situation, situationOf } from './situation.ts';
import { openOne, type TargetFlags } from './target.ts';
import { moment } from './time.ts';

type Flags = TargetFlags & { readonly json: boolean };

type Explained = Situation & {
  /** What happened last, the oldest first. */
  readonly recent: readonly Entry[];
  readonly advice: readonly string[];
};

const count = 8;

/** Why a service stands where it stands: what was seen, what was tried, what comes next, and what one can do. */
export async function why(this: Context, flags: Flags): Promise<void> {
  await report(this, flags.json, () => explain(flags), text);
}

async function explain(flags: Flags): Promise<Explained> {
  const { target, service } = await openOne(flags);
  // The history after the decision, which may have added to it.
  const one = situationOf(await target.ask(service, { action: 'status' }));
  const newest = await target.history(service, ({ length }) => length >= count);
  return { ...one, recent: newest.slice(0, count).reverse(), advice: advice(one) };
}

function text(one: Explained): string[] {
  return [
    ...lines(one),
    '',
    one.recent.length === 0 ? 'Nothing has happened yet.' : 'What happened last:',
    ...one.recent.map((entry) => entryLine(entry, one.at)),
    '',
    'What you can do:',
    ...one.advice.map((each) => `  ${each}`),
  ];
}

/** One line of the audit. */
export function entryLine(entry: Entry, now: number): string {
  const { kind, at, reason, by, detail, tookMilliseconds } = entry;
  const took = tookMilliseconds === undefined ? '' : ` after ${(tookMilliseconds / 1000).toFixed(1)} s`;
  const who = by === undefined ? '' : ` by ${by}`;
  const more = detail === undefined ? '' : ` [${detail.split('\n')[0]}]`;
  return `  ${moment(at, now)}  ${kind}${took}${who}: ${reasons[reason]}${more}`;
}
