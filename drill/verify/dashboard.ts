import { messageOf } from '../kit/errors.ts';
import type { Check } from './check.ts';
import { type AskedDashboard, asSent, type Query, shippedDashboard } from './dashboard-queries.ts';

/** Longer than any of these queries takes. */
const ANSWER_SECONDS = 10;

/**
 * Asks a Prometheus everything that the dashboard asks it. A site that has been through a failover and is home
 * again has an answer to each.
 * @param prometheusUrl ends in a slash
 */
export async function checkDashboard(
  prometheusUrl: string,
  dashboard: AskedDashboard = shippedDashboard(),
): Promise<Check> {
  const { queries } = dashboard;
  const problems = await Promise.all(
    queries.map(async (query) => {
      const problem = await problemOf(query, dashboard, prometheusUrl);
      return problem === undefined ? [] : [`panel "${query.panel}", query ${query.refId}: ${problem}`];
    }),
  );
  const found = problems.flat();
  return {
    name: 'every query of the dashboard returns data',
    held: queries.length > 0 && found.length === 0,
    observed: found.join('; ') || `${queries.length} queries`,
  };
}

/** Why a query shows nothing; undefined if it shows something. */
async function problemOf(
  query: Query,
  dashboard: AskedDashboard,
  prometheusUrl: string,
): Promise<string | undefined> {
  const { expr, stepSeconds } = asSent(query, dashboard);
  const now = Date.now() / 1000;
  const range = { start: now - dashboard.rangeSeconds, end: now, step: stepSeconds };
  const when = query.isInstant ? { time: now } : range;
  const url = new URL(`api/v1/${query.isInstant ? 'query' : 'query_range'}`, prometheusUrl);
  for (const [name, value] of Object.entries({ query: expr, ...when }))
    url.searchParams.set(name, String(value));
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_SECONDS * 1000) });
    const answer = (await response.json()) as Answer;
    if (answer.status !== 'success') return `${answer.error} in ${expr}`;
    return valuesOf(answer.data.result).some(Number.isFinite) ? undefined : `no data for ${expr}`;
  } catch (error) {
    return `Prometheus did not answer (${messageOf(error)}): ${expr}`;
  }
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/ */
type Answer =
  | { readonly status: 'error'; readonly error: string }
  | { readonly status: 'success'; readonly data: { readonly result: readonly Series[] } };
type Sample = readonly [moment: number, value: string];
interface Series {
  readonly value?: Sample;
  readonly values?: readonly Sample[];
}

const valuesOf = (result: readonly Series[]): number[] =>
  result.flatMap(({ value, values = [] }) =>
    [...(value ? [value] : []), ...values].map(([, text]) => Number(text)),
  );
