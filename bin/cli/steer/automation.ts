import type { Asked } from '../../../lambda/contract/events.ts';
import type { Context } from '../context.ts';
import { report } from '../output.ts';
import { request } from './request.ts';
import { lines } from './screen.ts';
import { situationOf } from './situation.ts';
import { openOne, type TargetFlags } from './target.ts';

type Flags = TargetFlags & { readonly json: boolean };

async function ask(context: Context, flags: Flags, asked: Asked): Promise<void> {
  await report(
    context,
    flags.json,
    async () => {
      const { target, service } = await openOne(flags);
      return situationOf(await request(target, service, asked));
    },
    lines,
  );
}

/** No automatic move for a while. @param flags.for seconds */
export async function pause(
  this: Context,
  flags: Flags & { readonly for: number; readonly reason: string },
): Promise<void> {
  await ask(this, flags, { action: 'pause', seconds: flags.for, why: flags.reason });
}

export async function resume(this: Context, flags: Flags): Promise<void> {
  await ask(this, flags, { action: 'resume' });
}

/** Flapping is known, and the usual rules hold again. */
export async function acknowledge(this: Context, flags: Flags): Promise<void> {
  await ask(this, flags, { action: 'acknowledge' });
}
