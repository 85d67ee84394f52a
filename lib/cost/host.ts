import type { CommandReport, HostState } from '../../lambda/domain/types.ts';
import type { Host, Standby, StandbyCommand } from '../../lambda/ports.ts';
import type { Timers } from './timers.ts';

/** From the start of an instance until Systems Manager knows it, and from a command to its end. */
const bootSeconds = 60;
const commandSeconds = 2;

/** The instance with its containers, where everything that is asked for succeeds. */
export class HostInMemory {
  state: HostState;
  readonly #running = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #timers: Timers;
  readonly #nudge: () => void;

  /** @param nudge what EventBridge does when a command ends or the instance changes */
  constructor(state: HostState, timers: Timers, nudge: () => void) {
    this.state = state;
    this.#timers = timers;
    this.#nudge = nudge;
  }

  readonly host: Host = {
    state: async () => this.state,
    start: async () => {
      this.state = 'pending';
      this.#timers.later(bootSeconds, () => this.#become('running'));
      return 'requested';
    },
    stop: async () => this.#become('stopped'),
  };

  standbyOf(service: string): Standby {
    return {
      send: async (command) => this.#send(service, command),
      report: async (command, id) => this.#report(service, command, id),
    };
  }

  #become(state: HostState): void {
    this.state = state;
    this.#nudge();
  }

  #send(service: string, { action, serial }: StandbyCommand): CommandReport {
    if (this.state !== 'running') return { serial, outcome: 'host-unreachable', detail: 'not registered' };
    const id = `${service}-${serial}`;
    this.#timers.later(commandSeconds, () => {
      if (action === 'start') this.#running.add(service);
      if (action === 'stop') this.#running.delete(service);
      this.#ended.add(id);
      this.#nudge();
    });
    return { serial, outcome: 'sent', id };
  }

  #report(service: string, { serial }: StandbyCommand, id: string): CommandReport {
    if (!this.#ended.has(id)) return { serial, outcome: 'in-progress' };
    const runs = this.#running.has(service);
    const facts = { runs, ran: runs, image: 'acme/api:1', id: `sha256:${'a'.repeat(64)}` };
    return { serial, outcome: 'succeeded', facts };
  }
}
