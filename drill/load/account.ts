/** What the load generator knows of one request. Times are Unix milliseconds. */
export interface RequestResult {
  readonly requestId: string;
  readonly method: string;
  /** When it was due, by the fixed schedule. */
  readonly start: number;
  readonly end: number;
  /** The answer's status; null without an answer. */
  readonly status: number | null;
  /** The X-Served-By header, `site/host`; null without one. */
  readonly servedBy: string | null;
  /** Why there was no answer: an error code such as ECONNRESET; null with an answer. */
  readonly error: string | null;
  /** Why HAProxy refused it (X-Failover-Reason); absent if it did not. */
  readonly reason?: string;
}

/** Whether a request got an answer that its client can use. */
export function isGood({ status }: Pick<RequestResult, 'status'>): boolean {
  return status !== null && status >= 200 && status <= 299;
}

/** What a site recorded before it answered. */
export interface Execution {
  readonly requestId: string;
  readonly site: string;
}

/** Counts of one class of methods. */
export interface ClassAccount {
  readonly sent: number;
  readonly ok: number;
  /** No good answer: failed and indeterminate together. */
  readonly lost: number;
  readonly failed: number;
  readonly indeterminate: number;
  readonly executedTwice: number;
  /** What became of the first of those that were lost, in words. */
  readonly firstLost: readonly string[];
}

/** The balance of a drill: every request is exactly one of ok, failed and indeterminate. */
export interface Account extends Omit<ClassAccount, 'lost' | 'firstLost'> {
  readonly slowestSeconds: number;
  readonly order: Order;
  readonly idempotent: ClassAccount;
  readonly nonIdempotent: ClassAccount;
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);

/**
 * Balances what clients saw against what the sites did.
 *
 * - ok: a good answer (2xx)
 * - failed: no good answer, and executed nowhere
 * - indeterminate: no good answer, but executed: the client cannot know
 * - executedTwice: more than one execution. In the total only the non-idempotent count, because repeating
 *   a GET or PUT is what makes a failover unnoticeable; each class has its own count
 */
export function account(results: readonly RequestResult[], executions: readonly Execution[]): Account {
  const times = new Map<string, number>();
  for (const { requestId } of executions) times.set(requestId, (times.get(requestId) ?? 0) + 1);
  const idempotent = accountClass(
    results.filter(({ method }) => IDEMPOTENT.has(method)),
    times,
  );
  const nonIdempotent = accountClass(
    results.filter(({ method }) => !IDEMPOTENT.has(method)),
    times,
  );
  const slowest = results.reduce((most, { start, end }) => Math.max(most, end - start), 0);
  return {
    sent: idempotent.sent + nonIdempotent.sent,
    ok: idempotent.ok + nonIdempotent.ok,
    failed: idempotent.failed + nonIdempotent.failed,
    indeterminate: idempotent.indeterminate + nonIdempotent.indeterminate,
    executedTwice: nonIdempotent.executedTwice,
    slowestSeconds: slowest / 1000,
    order: orderOf(results),
    idempotent,
    nonIdempotent,
  };
}

function accountClass(results: readonly RequestResult[], times: ReadonlyMap<string, number>): ClassAccount {
  const lost = results.filter((result) => !isGood(result));
  const indeterminate = lost.filter(({ requestId }) => times.has(requestId)).length;
  return {
    sent: results.length,
    ok: results.length - lost.length,
    lost: lost.length,
    failed: lost.length - indeterminate,
    indeterminate,
    executedTwice: results.filter(({ requestId }) => (times.get(requestId) ?? 0) > 1).length,
    firstLost: lost.slice(0, 3).map(lossOf),
  };
}

function lossOf({ requestId, method, start, end, status, reason, error }: RequestResult): string {
  const answer = status === null ? `no answer (${error})` : `${status}${reason ? ` ${reason}` : ''}`;
  return `${method} ${requestId}, sent at ${new Date(start).toISOString()}: ${answer} after ${end - start} ms`;
}

/**
 * Reads execution records out of a site's log lines; all other lines are passed over.
 * A line that was cut off by a kill is not a record: the site answers only after its line is complete.
 */
export function readExecutions(lines: Iterable<string>): Execution[] {
  const executions: Execution[] = [];
  for (const line of lines) {
    if (!line.includes('"executed"')) continue;
    const record = parsed(line);
    if (record?.event !== 'executed' || typeof record.requestId !== 'string') continue;
    executions.push({ requestId: record.requestId, site: String(record.site ?? '') });
  }
  return executions;
}

function parsed(line: string): Record<string, unknown> | undefined {
  // docker compose and others put a name in front of each line.
  const json = line.slice(Math.max(0, line.indexOf('{')));
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Whether those who waited were served in the order in which they came. */
export interface Order {
  /** Seconds of the load in which so many were sent, and all of them waited, that they can be compared. */
  readonly seconds: number;
  /**
   * The worst of these: how long the slowest hundredth waited, as a multiple of what half of the requests of the same
   * second waited.
   */
  readonly worstRatio: number;
}

/** Shorter than this is no waiting for a site. */
const waitedSeconds = 1;
/** With fewer there is no hundredth. */
const enough = 100;

export function orderOf(results: readonly RequestResult[]): Order {
  const bySecond = Map.groupBy(results, ({ start }) => Math.floor(start / 1000));
  const ratios = [...bySecond.values()].flatMap((ofSecond) => {
    const waits = ofSecond.map(({ start, end }) => (end - start) / 1000).sort((a, b) => a - b);
    if (waits.length < enough || (waits[0] ?? 0) < waitedSeconds) return [];
    const at = (share: number) => waits[Math.ceil(waits.length * share) - 1] ?? 0;
    return [at(0.99) / at(0.5)];
  });
  return { seconds: ratios.length, worstRatio: Math.max(0, ...ratios) };
}
