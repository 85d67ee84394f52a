import type { State } from '../../lambda/domain/state.ts';
import type { Happening } from '../cloud/happenings.ts';
import type { Happened } from '../kit/event-log.ts';
import type { Supervised } from '../kit/processes.ts';
import type { ServerChange } from '../site/haproxy-log.ts';

/** One config, brought up: what a run needs of it, whatever it is made of. */
export interface BenchStage {
  readonly serviceUrl: string;
  primary(): Supervised;
  /** Starts the primary again; it must not be running. */
  startPrimary(): Promise<void>;
  /** While this file exists, the primary's health path answers 500. */
  readonly healthFaultFile: string;
  /** Journal lines of both sites since the last call that contain the text. */
  journal(containing: string): Promise<string[]>;
  /** Undefined for a config without one. */
  readonly control: Control | undefined;
  /** Nothing of it uses the processor until it is thawed. */
  freeze(): void;
  /** Settles when it is as it was before. */
  thaw(): Promise<void>;
}

/** The control plane of a config, watched and hurried. */
export interface Control {
  readonly happenings: Happened<Happening>;
  readonly serverChanges: Happened<ServerChange>;
  /** The alerts that make it start the standby. */
  readonly badSigns: ReadonlySet<string>;
  state(): Promise<State>;
  /** Wakes the reconciler, as its schedule does every minute. */
  tick(): void;
  /** Lets the next suspicion count, as if the last one were long ago. */
  forgetSuspicion(): Promise<void>;
}

/** What tells the versions and the runtime that were measured. */
export interface Versions {
  readonly haproxy: string;
  readonly prometheus?: string;
  readonly alertmanager?: string;
  readonly docker?: string | null;
}
