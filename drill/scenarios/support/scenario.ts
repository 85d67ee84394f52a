import type { Stage, StageOptions } from '../../stage/stage.ts';
import type { Check } from '../../verify/check.ts';
import type { Trouble } from '../../verify/checks.ts';
import type { Measured } from '../../verify/measured.ts';
import type { Tools } from './tools.ts';

/** Something that is broken on purpose, and what must become of it. */
export interface Scenario {
  readonly name: string;
  /** What it finds out is the same with any version of HAProxy, Prometheus and Alertmanager. */
  readonly isAboutCloud?: boolean;
  /** What it breaks: a sentence. */
  readonly breaks: string;
  /** What must happen, by when: a sentence. */
  readonly expected: string;
  /** What its stage has besides the usual. */
  readonly needs?: Needs;
  /** Production's minute tick and the default drill's waits instead of those of {@link hurried}. */
  readonly unhurried?: boolean;
  /** Production's minute tick, for what the faster one would decide. */
  readonly minuteTick?: boolean;
  /** Troubles that belong to it; any other fails it. */
  readonly tolerates?: readonly Trouble[];
  /** Roughly how long it takes if that is more than most, the stage included: the longest are played first. */
  readonly usualSeconds?: number;
  /** It has failed when it takes longer, the stage included; 180 s without it. */
  readonly limitSeconds?: number;
  /** @throws DrillError if something did not happen in its time */
  play(stage: Stage, tools: Tools): Promise<Played>;
}

/** What was seen at the end, from outside. */
export interface Played {
  readonly checks: readonly Check[];
  readonly measured?: Measured;
}

export type Needs = Pick<
  StageOptions,
  'changes' | 'variation' | 'latencies' | 'brokenImages' | 'canBeCut' | 'derived' | 'secrets'
>;

/** The waits of a scenario that is not about them. */
export const hurried = {
  stableSeconds: 2,
  cooldownSeconds: 2,
  drainSeconds: 1,
  leaseSeconds: 10,
  heartbeatTimeoutSeconds: 15,
  selfTestHours: 0,
} as const;

/** How often the reconciler is woken in a scenario, in seconds: production's tick is a minute. */
export const TICK_SECONDS = 2;

/** How a scenario ended. */
export interface Outcome {
  readonly name: string;
  readonly outcome: 'passed' | 'failed';
  readonly expected: string;
  readonly observed: string;
  readonly seconds: number;
}
