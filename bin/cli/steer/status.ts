import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { report } from '../output.ts';
import { lines } from './screen.ts';
import { type Situation, situationOf } from './situation.ts';
import { openAll, type Target, type TargetFlags } from './target.ts';

type Flags = TargetFlags & { readonly json: boolean; readonly watch: boolean };

const everyMilliseconds = 2000;

/** Who serves each service. Exit code 1 if nobody serves one of them, or it is not known who does. */
export async function status(this: Context, flags: Flags): Promise<void> {
  const opened = openAll(flags);
  const show = async () =>
    report(
      this,
      flags.json,
      async () => lookAtAll(await opened),
      (all) => page(all, flags.watch && !!this.process.stdout.isTTY),
    );
  for (;;) {
    const all = await show();
    if (all.some(({ serving }) => serving === 'nobody' || serving === 'unknown')) this.process.exitCode = 1;
    if (!flags.watch) return;
    this.process.exitCode = 0;
    await delay(everyMilliseconds);
  }
}

export async function lookAtAll({ services, ask }: Target): Promise<Situation[]> {
  return Promise.all(services.map(async (name) => situationOf(await ask(name, { action: 'status' }))));
}

/** On a terminal, the next look takes the place of the last one. */
function page(all: readonly Situation[], again: boolean): string[] {
  const text = all.flatMap((one, index) => (index === 0 ? lines(one) : ['', ...lines(one)]));
  return again
    ? [`\x1b[2J\x1b[H${new Date(all[0]?.at ?? 0).toISOString()}  every 2 s, Ctrl-C ends it`, '', ...text]
    : text;
}
