import { reasons } from '../../../lambda/domain/reasons.ts';
import type { Context } from '../context.ts';
import { report } from '../output.ts';
import { type Move, movesOf } from './moves.ts';
import { openOne, type TargetFlags } from './target.ts';

type Flags = TargetFlags & { readonly json: boolean; readonly limit: number };

/** The last moves of a service, the newest first. */
export async function history(this: Context, flags: Flags): Promise<void> {
  await report(this, flags.json, () => read(flags), text);
}

type Moves = { readonly service: string; readonly moves: readonly Move[] };

async function read({ limit, ...flags }: Flags): Promise<Moves> {
  const { target, service } = await openOne(flags);
  // One more than asked for: what led to the oldest is before its beginning.
  const entries = await target.history(service, (found) => movesOf(found).length > limit);
  return { service, moves: movesOf(entries).slice(0, limit) };
}

function text({ service, moves }: Moves): string[] {
  if (moves.length === 0) return [`${service} has never been moved.`];
  return moves.flatMap(lines);
}

function lines(move: Move): string[] {
  const { kind, epoch, decidedAt, by, reason, endedAt, recoverySeconds, phases, failures } = move;
  const ended = endedAt === undefined ? 'not completed' : `${((endedAt - decidedAt) / 1000).toFixed(1)} s`;
  const took = recoverySeconds === undefined ? ended : `recovery ${recoverySeconds.toFixed(1)} s`;
  const parts = Object.entries(phases).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`);
  return [
    `${new Date(decidedAt).toISOString().slice(0, 19)}Z  epoch ${String(epoch).padEnd(5)} ${kind.padEnd(19)} ${took}`,
    `    ${reasons[reason]}${by === undefined ? '' : `; asked for by ${by}`}`,
    ...(parts.length > 0 ? [`    ${parts.join(', ')}`] : []),
    ...(failures > 0 ? [`    ${failures} ${failures === 1 ? 'command' : 'commands'} failed on the way`] : []),
  ];
}
