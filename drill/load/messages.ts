import type { RequestResult } from './account.ts';

/** What the load generator is told. */
export type ToLoad =
  | { readonly type: 'start'; readonly settings: LoadSettings }
  /** Send nothing new, wait for what is under way, then finish. */
  | { readonly type: 'stop' };

export interface LoadSettings {
  /** Where requests go, such as `http://127.0.0.1:8080/`. */
  readonly url: string;
  readonly requestsPerSecond: number;
  readonly timeoutSeconds: number;
  /** Every result is written here as a JSON line. */
  readonly resultsFile: string;
}

/** A part of a second, as the parent sees it go by. Times are Unix milliseconds. */
export type LoadEvent =
  | { readonly type: 'started'; readonly at: number }
  /** An answer came from another site than the answer before it. */
  | {
      readonly type: 'site-changed';
      readonly at: number;
      readonly site: string;
      readonly previous: string | undefined;
    }
  /** The first request without a good answer, and the first good answer after it. */
  | { readonly type: 'errors-began'; readonly at: number; readonly result: RequestResult }
  | { readonly type: 'errors-ended'; readonly at: number; readonly errors: number }
  | ({ readonly type: 'second'; readonly at: number } & SecondDigest)
  | { readonly type: 'finished'; readonly at: number; readonly sent: number };

/** What happened since the last digest. */
export interface SecondDigest {
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  readonly inFlight: number;
  readonly slowestMs: number;
  readonly bySite: Readonly<Record<string, number>>;
  /** How far behind its schedule the generator itself is, at worst. */
  readonly lateMs: number;
}
