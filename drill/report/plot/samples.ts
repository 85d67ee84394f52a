import { isGood, type RequestResult } from '../../load/account.ts';

/** How a request ended, as plots show it. */
export const kinds = ['primary', 'standby', 'parked', 'failed'] as const;
export type Kind = (typeof kinds)[number];

export const kindMeanings: Readonly<Record<Kind, string>> = {
  primary: 'primary',
  standby: 'standby',
  parked: 'answered late (parked)',
  failed: 'failed',
};

/** One request as a plot needs it. */
export interface Sample {
  /** When it was due, in seconds since the fault. */
  readonly due: number;
  /** How long it took, in milliseconds. */
  readonly latency: number;
  readonly kind: Kind;
}

/** An answer that took longer was held up: parked, queued or tried again. Milliseconds. */
export const LATE_MS = 250;

/** @param faultAt Unix milliseconds */
export function sampleOf(result: RequestResult, faultAt: number): Sample {
  const latency = Math.max(1, result.end - result.start);
  return { due: (result.start - faultAt) / 1000, latency, kind: kindOf(result, latency) };
}

function kindOf(result: RequestResult, latency: number): Kind {
  if (!isGood(result)) return 'failed';
  if (latency >= LATE_MS) return 'parked';
  return result.servedBy?.startsWith('standby/') ? 'standby' : 'primary';
}
