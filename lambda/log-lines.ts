/**
 * Log lines that CloudWatch makes metrics of. The stack takes its metric filters from here
 * (lib/constructs/counted.ts), so that a line cannot change without them.
 */

/** The receiver, of every request that it refuses, with `status`, `code`, `field` and `why`. */
export const webhookRefused = 'webhook refused';

/** The `code` of a request whose token is not valid, as the caller is told too. */
export const tokenRefused = 'token-refused';

/**
 * The reconciler, of every thorough look, at the latest each minute: `about` (the service), `epoch`,
 * `site`, `phase`, `reason`, and `moveSeconds`, the age of the move under way, 0 if there is none.
 */
export const looked = 'looked';
