import type { Account } from '../load/account.ts';
import type { Phases } from './phases.ts';

/** What a failover and the way back measured. */
export interface Measured {
  readonly failover: { readonly recoverySeconds: number; readonly phases: Phases };
  readonly failback: { readonly seconds: number; readonly homeSeconds: number };
  readonly requests: Account;
}
