import { type Entry, endings } from '../../../lambda/domain/history.ts';
import { reasons } from '../../../lambda/domain/reasons.ts';
import type { Context } from '../context.ts';
import { report } from '../output.ts';
import { facts, toDo } from './screen.ts';
import { type Situation, situationOf } from './situation.ts';
import { openOne, type TargetFlags } from './target.ts';
import { moment } from './time.ts';

type Flags = TargetFlags & { readonly json: boolean };

type Explained = Situation & {
  /** What happened last, the oldest first. */
  readonly recent: readonly Entry[];
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
  return { ...one, recent: newest.slice(0, count).reverse() };
}

function text(one: Explained): string[] {
  return [
    ...facts(one),
    '',
    one.recent.length === 0 ? 'Nothing has happened yet.' : 'What happened last:',
    ...one.recent.map((entry) => entryLine(entry, one.at)),
    '',
    ...toDo(one),
  ];
}

/** One line of the audit. */
export function entryLine(entry: Entry, now: number): string {
  const { kind, at, reason, by, detail, tookMilliseconds } = entry;
  const took = tookMilliseconds === undefined ? '' : ` after ${(tookMilliseconds / 1000).toFixed(1)} s`;
  const who = by === undefined ? '' : ` by ${by}`;
  const more = detail === undefined ? '' : ` [${detail.split('\n')[0]}]`;
  const what = kind === 'request-refused' ? `${detail} refused` : kind;
  const because = endings.has(kind) ? ` (it was: ${reasons[reason]})` : `: ${reasons[reason]}`;
  return `  ${moment(at, now)}  ${what}${took}${who}${because}${what === kind ? more : ''}`;
}
