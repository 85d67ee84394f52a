import type { Effect } from '../domain/decision.ts';
import type { Channel, Entry } from '../domain/history.ts';
import type { Observation } from '../domain/observation.ts';
import type { ServicePorts } from '../ports.ts';

/** What carrying out effects brought to light: it enters the next observation. */
export type Results = Pick<Observation, 'command' | 'delivered' | 'capacityStart'> & {
  readonly errors: readonly Error[];
};

export const nothing: Results = { errors: [] };

/** What can be done on the host, at once. */
export async function act(effects: readonly Effect[], ports: ServicePorts): Promise<Results> {
  const done = await Promise.all(
    effects.map((effect) => attempt(effect, ports, () => carryOut(effect, ports))),
  );
  const command = done.findLast((result) => result.command)?.command;
  const capacityStart = done.findLast((result) => result.capacityStart)?.capacityStart;
  return {
    errors: done.flatMap((result) => result.errors ?? []),
    ...(command && { command }),
    ...(capacityStart && { capacityStart }),
  };
}

async function carryOut(effect: Effect, ports: ServicePorts): Promise<Partial<Results>> {
  switch (effect.type) {
    case 'command':
      return { command: await ports.standby.send(effect) };
    case 'start-capacity':
      return { capacityStart: await ports.capacity.start(effect.instanceType) };
    case 'stop-capacity':
      await ports.capacity.stop();
      return {};
    case 'deliver':
      return {};
  }
}

export type Deliver = Extract<Effect, { type: 'deliver' }>;

/** After so long nothing more is sent: what is left is claimed by a later nudge. */
const deliverySeconds = 5;

/** Each channel by itself: what one of them has taken is never sent there again because another failed. */
export async function deliver(effects: readonly Deliver[], ports: ServicePorts): Promise<Results> {
  const to = (channel: Channel) => effects.filter(({ channels }) => channels.includes(channel));
  const send = async (effect: Deliver, channel: Channel, call: (entry: Entry) => Promise<void>) =>
    attempt(effect, ports, async () => {
      await call(effect.entry);
      return { delivered: [{ id: effect.entry.id, channel }] };
    });
  const mails = async () => {
    const done: Partial<Results>[] = [];
    const begun = ports.clock();
    // In their order, which is how people read them.
    for (const effect of to('mail'))
      if (ports.clock() - begun < deliverySeconds * 1000)
        done.push(await send(effect, 'mail', ports.notifier.tell));
    return done;
  };
  const kept = to('history').map((effect) => send(effect, 'history', ports.history.append));
  const all = [...(await Promise.all(kept)), ...(await mails())];
  return {
    delivered: all.flatMap((result) => result.delivered ?? []),
    errors: all.flatMap((result) => result.errors ?? []),
  };
}

async function attempt(
  effect: Effect,
  { log }: ServicePorts,
  call: () => Promise<Partial<Results>>,
): Promise<Partial<Results>> {
  try {
    return await call();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new Error(`${effect.type} failed: ${why}`, { cause });
    log.error('effect failed', { effect, error });
    return { errors: [error] };
  }
}
