import type { ServiceSettings } from './contract/settings.ts';
import type { Capacity } from './domain/capacity.ts';
import type { Evidence, Sighting } from './domain/evidence.ts';
import type { Channel, Entry } from './domain/history.ts';
import type { CommandReport } from './domain/observation.ts';
import type { Action, State, Words } from './domain/state.ts';

/** A record together with the number of its last write; 0 if it was never written. */
export type Versioned<T> = { readonly value: T; readonly revision: number };

/** The recorded state of each service. */
export interface StateStore {
  load(service: string): Promise<Versioned<State>>;
  /** False if somebody else wrote since `before` was loaded; then nothing was written. */
  save(next: State, before: Versioned<State>): Promise<boolean>;
}

/** What the site said about each service. */
export interface EvidenceStore {
  load(service: string): Promise<Evidence>;
  /** Durable when it returns. Safe against concurrent writers. */
  record(service: string, sightings: readonly Sighting[]): Promise<void>;
}

/** The container on the host. */
export interface Standby {
  /** Never throws for what the host refuses, or what is in the way to it: that is a report. */
  send(command: StandbyCommand): Promise<CommandReport>;
  report(command: Pick<StandbyCommand, 'serial'>, id: string): Promise<CommandReport>;
}

export type StandbyCommand = {
  readonly action: Action;
  readonly epoch: number;
  readonly serial: number;
  readonly attempt: number;
} & Words;

/** The machine that the standby runs on. */
export interface CapacityProvider {
  state(): Promise<Capacity>;
  /** @param instanceType what it is started as; as it was if left out */
  start(instanceType?: string): Promise<'requested' | 'no-capacity'>;
  stop(): Promise<void>;
}

/** Looks at the site's public address from outside. */
export interface Witness {
  /** Undefined if it could not look. */
  look(): Promise<'reachable' | 'unreachable' | undefined>;
}

/**
 * Takes an entry to one channel: the history, or a way to people. Delivering the same entry twice must leave one in the
 * history; people may get it twice.
 */
export type Deliver = (entry: Entry) => Promise<void>;

/** The reconciler, from where only a nudge is allowed. */
export interface Waker {
  wake(services: readonly string[]): Promise<void>;
}

/** The tokens that the webhook accepts. */
export interface TokenSource {
  /** Throws, as the other does, if it cannot be read. @param maxAgeSeconds an older copy is read again */
  current(maxAgeSeconds: number): Promise<string>;
  /** The one before, which is valid until it is retired; undefined if there is none. */
  previous(maxAgeSeconds: number): Promise<string | undefined>;
}

/** Unix milliseconds. */
export type Clock = () => number;

/** Structured logging; Powertools' Logger fits. */
export interface Log {
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
  error(message: string, fields: Record<string, unknown>): void;
}

/** What a kind of standby brings: how to reach the container of one service, and the machine that it runs on. */
export type StandbyKind = (settings: ServiceSettings) => Pick<ServicePorts, 'standby' | 'capacity'>;

/** What the reconciler of one service works with. */
export type ServicePorts = {
  readonly states: StateStore;
  readonly evidence: EvidenceStore;
  readonly standby: Standby;
  readonly capacity: CapacityProvider;
  /** Absent for a service that has none. */
  readonly witness?: Witness;
  readonly channels: Readonly<Record<Channel, Deliver>>;
  readonly clock: Clock;
  /** Waits. @param milliseconds how long */
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly log: Log;
};
