import type { Capacity } from '../../lambda/domain/capacity.ts';
import type { CommandReport } from '../../lambda/domain/observation.ts';
import type { CapacityProvider, Standby, StandbyCommand } from '../../lambda/ports.ts';
import type { Timers } from './timers.ts';

/** From the start of an instance until Systems Manager knows it, and from a command to its end. */
const bootSeconds = 60;
const commandSeconds = 2;

/** The instance with its containers, where everything that is asked for succeeds. */
export class HostInMemory {
  state: Capacity;
  readonly #running = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #timers: Timers;
  readonly #nudge: () => void;

  /** @param nudge what EventBridge does when a command ends or the instance changes */
  constructor(state: Capacity, timers: Timers, nudge: () => void) {
    this.state = state;
    this.#timers = timers;
    this.#nudge = nudge;
  }

  readonly provider: CapacityProvider = {
    state: async () => this.state,
    start: async () => {
      this.state = 'starting';
      this.#timers.later(bootSeconds, () => this.#become('on'));
      return 'requested';
    },
    stop: async () => this.#become('off'),
  };

  standbyOf(service: string): Standby {
    return {
      send: async (command) => this.#send(service, command),
      report: async (command, id) => this.#report(service, command, id),
    };
  }

  /** Whether the container of a service runs. */
  runs(service: string): boolean {
    return this.#running.has(service);
  }

  #become(state: Capacity): void {
    this.state = state;
    this.#nudge();
  }

  #send(service: string, { action, serial }: StandbyCommand): CommandReport {
    if (this.state !== 'on') return { serial, outcome: 'host-unreachable', detail: 'not registered' };
    const id = `${service}-${serial}`;
    this.#timers.later(commandSeconds, () => {
      if (action === 'start') this.#running.add(service);
      if (action === 'stop') this.#running.delete(service);
      this.#ended.add(id);
      this.#nudge();
    });
    return { serial, outcome: 'sent', id };
  }

  #report(service: string, { serial }: Pick<StandbyCommand, 'serial'>, id: string): CommandReport {
    if (!this.#ended.has(id)) return { serial, outcome: 'in-progress' };
    const runs = this.#running.has(service);
    const facts = { runs, ran: runs, image: 'acme/api:1', id: `sha256:${'a'.repeat(64)}` };
    return { serial, outcome: 'succeeded', facts };
  }
}
