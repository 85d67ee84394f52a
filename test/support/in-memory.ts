import type { Capacity } from '../../lambda/domain/capacity.ts';
import { type Evidence, fold, type Sighting } from '../../lambda/domain/evidence.ts';
import type { Entry } from '../../lambda/domain/history.ts';
import type { CommandReport } from '../../lambda/domain/observation.ts';
import { initialState, type State } from '../../lambda/domain/state.ts';
import type { Log, ServicePorts, StandbyCommand, Versioned } from '../../lambda/ports.ts';
import { policy } from './policy.ts';

export const silentLog: Log = { info() {}, warn() {}, error() {} };

/** Fails a call when asked to; a test decides when. */
export type Sabotage = (call: string) => void;

type Sent = StandbyCommand & { id: string; outcome: CommandReport['outcome']; ran?: boolean };

/**
 * The ports' other side in memory, with a host that fences and a clock that is moved by hand.
 * Commands end when the test says so.
 */
export class InMemory {
  now = 1_000_000_000;
  state: Versioned<State> = { value: initialState('api'), revision: 0 };
  seen: Evidence = {};
  machine: Capacity = 'on';
  /** How often EC2 has no capacity before it has. */
  shortages = 0;
  /** What the host was started as. */
  readonly instanceTypes: (string | undefined)[] = [];
  witness: 'reachable' | 'unreachable' | undefined;
  standbyRuns = false;
  /** What the container is made of. */
  image = `sha256:${'a'.repeat(64)}`;
  /** Newest command the host has run. */
  fence = 0;
  readonly sent: Sent[] = [];
  readonly history = new Map<string, Entry>();
  readonly told: Entry[] = [];
  sabotage: Sabotage = () => {};

  observe(kind: Exclude<Sighting['kind'], 'traffic'>, observedAt = this.now): void {
    const say = (one: Sighting) => {
      this.seen = fold(this.seen, one, policy.heartbeatTimeoutSeconds);
    };
    say({ kind, observedAt });
    const standby = this.standbyRuns ? 'up' : 'down';
    // With the heartbeat, as monitoring/alertmanager.yml has it.
    if (kind === 'up')
      say({ kind: 'traffic', observedAt, traffic: { to: 'primary', since: observedAt, standby } });
  }

  /**
   * The host gets to a command that waits, as SSM's agent does: one at a time.
   * @param fails    the script fails, and leaves no container behind
   * @param overtakes the newest is first, for SSM promises no order
   */
  runCommand({ fails = false, overtakes = false } = {}): void {
    const waiting = this.sent.filter(({ outcome }) => outcome === 'in-progress');
    const next = overtakes ? waiting.at(-1) : waiting[0];
    if (!next) return;
    if (fails && this.machine === 'on' && next.serial >= this.fence) {
      next.outcome = 'failed';
      if (next.action === 'inspect') return;
      this.fence = next.serial;
      if (next.action === 'start') this.standbyRuns = false;
    } else if (this.machine !== 'on') {
      next.outcome = 'host-unreachable';
    } else if (next.action !== 'inspect' && next.serial < this.fence) {
      next.outcome = 'superseded';
    } else {
      next.ran = this.standbyRuns;
      if (next.action !== 'inspect') {
        this.fence = next.serial;
        if (next.action !== 'tell') this.standbyRuns = next.action === 'start';
      }
      next.outcome = 'succeeded';
    }
  }

  get ports(): ServicePorts {
    return {
      states: {
        load: async () => this.#call('states.load', () => this.state),
        save: async (next, before) =>
          this.#call('states.save', () => {
            if (before.revision !== this.state.revision) return false;
            this.state = { value: next, revision: before.revision + 1 };
            return true;
          }),
      },
      evidence: {
        load: async () => this.#call('evidence.load', () => this.seen),
        record: async (_, sightings) => {
          for (const one of sightings) this.seen = fold(this.seen, one, policy.heartbeatTimeoutSeconds);
        },
      },
      channels: {
        history: async (entry) => this.#call('history', () => void this.history.set(entry.id, entry)),
        mail: async (entry) => this.#call('mail', () => void this.told.push(entry)),
      },
      standby: {
        send: async (command) => this.#call('standby.send', () => this.#send(command)),
        report: async (command, id) => this.#call('standby.report', () => this.#report(command, id)),
      },
      capacity: {
        state: async () => this.#call('capacity.state', () => this.machine),
        start: async (instanceType) =>
          this.#call('capacity.start', () => {
            this.instanceTypes.push(instanceType);
            if (this.shortages-- > 0) return 'no-capacity';
            this.machine = 'on';
            return 'requested';
          }),
        stop: async () =>
          this.#call('capacity.stop', () => {
            this.machine = 'off';
            this.standbyRuns = false;
          }),
      },
      witness: { look: async () => this.#call('witness', () => this.witness) },
      clock: () => this.now,
      pause: async () => {},
      log: silentLog,
    };
  }

  /** Breaks before or after the call has had its effect: both are what a crash looks like. */
  #call<T>(name: string, effect: () => T): T {
    this.sabotage(`before ${name}`);
    const result = effect();
    this.sabotage(`after ${name}`);
    return result;
  }

  #send(command: StandbyCommand): CommandReport {
    const { serial } = command;
    if (this.machine !== 'on') return { serial, outcome: 'host-unreachable', detail: 'not registered' };
    const id = `c-${this.sent.length + 1}`;
    this.sent.push({ ...command, id, outcome: 'in-progress' });
    return { serial, outcome: 'sent', id };
  }

  #report({ serial }: Pick<StandbyCommand, 'serial'>, id: string): CommandReport {
    const { outcome = 'in-progress', ran = false } = this.sent.find((one) => one.id === id) ?? {};
    const facts = { runs: this.standbyRuns, ran, image: 'acme/api:1', id: this.image };
    return { serial, outcome, id, newest: this.fence, detail: 'as the host said', facts } as CommandReport;
  }
}
