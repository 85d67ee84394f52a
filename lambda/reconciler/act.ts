import type { Effect } from '../domain/decision.ts';
import type { Channel } from '../domain/history.ts';
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

export type DeliverEffect = Extract<Effect, { type: 'deliver' }>;

/** After so long a channel gets nothing more: what is left is claimed by a later nudge. */
const deliverySeconds = 5;

/** Each channel by itself: what one of them has taken is never sent there again because another failed. */
export async function deliver(effects: readonly DeliverEffect[], ports: ServicePorts): Promise<Results> {
  const channels = Object.keys(ports.channels) as Channel[];
  const all = (await Promise.all(channels.map((channel) => deliverTo(channel, effects, ports)))).flat();
  return {
    delivered: all.flatMap((result) => result.delivered ?? []),
    errors: all.flatMap((result) => result.errors ?? []),
  };
}

/** In their order, which is how people read them. */
async function deliverTo(channel: Channel, effects: readonly DeliverEffect[], ports: ServicePorts) {
  const done: Partial<Results>[] = [];
  const begun = ports.clock();
  for (const effect of effects.filter(({ channels }) => channels.includes(channel))) {
    if (ports.clock() - begun >= deliverySeconds * 1000) break;
    const { entry } = effect;
    const send = async () => {
      await ports.channels[channel](entry);
      return { delivered: [{ id: entry.id, channel }] };
    };
    done.push(await attempt(effect, ports, send));
  }
  return done;
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
