import type { Facts } from '../situation.ts';
import { typed } from '../typed.ts';

/** One thing that `status` can say. */
export type Case = {
  /** Stable, for programs. */
  readonly id: string;
  /** The first of its table that holds is the case; the last one holds always. */
  readonly when: (facts: Facts) => boolean;
  /** Goes on the headline. */
  readonly says: string;
  /** It counts from the last word of the site, and not from when it was last known who serves. */
  readonly isSilence?: true;
  /** For the runbook: what has happened, in a sentence. */
  readonly means: string;
  /** The paragraph of the runbook that has more. */
  readonly more?: string;
  /** The one thing to do. */
  readonly act: (facts: Facts) => string;
};

export const always = () => true;
export const isIn =
  (...phases: readonly Facts['phase'][]) =>
  ({ phase }: Facts) =>
    phases.includes(phase);
export const isHome = ({ inCharge }: Facts) => inCharge === 'primary';
export const isPaused = ({ pause }: Facts) => pause !== undefined;
export const isHeld = ({ heldBy }: Facts) => heldBy !== undefined;

export const type = (args: string, { service }: Facts) => `"${typed(args, service)}"`;
export const nothing = 'Nothing: it goes on by itself.';

/** When a start that has not ended yet is to be looked at by a person. */
export const deadline = ({ phase, clients, decidedAt, since, policy }: Facts) =>
  (phase === 'starting' ? decidedAt : (clients.since ?? since)) + policy.escalateSeconds * 1000;
export const isOverdue = (facts: Facts) => facts.at >= deadline(facts);
/** In this phase, and not in a self-test of last week. */
export const hasFailed = ({ command, startFailure, since }: Facts) =>
  startFailure !== undefined && startFailure.at >= since && command?.action === 'start';

// … and what to do, in words that several use.
export const byHand = ({ service }: Facts) =>
  `get the primary back, or put right what the host says (docker logs failover-${service} on the host)`;
export const now = (text: string) => `Now: ${text}.`;
export const doctor = `"${typed('doctor')}" on the site`;
