import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DrillError } from '../kit/errors.ts';
import { repository } from '../site/files.ts';

/** A query of a dashboard, and where it stands. */
export interface Query {
  /** The title of its panel, and its letter there. */
  readonly panel: string;
  readonly refId: string;
  readonly expr: string;
  readonly isInstant: boolean;
  /** Its own minimal step, such as 1s; undefined if it leaves that to the data source. */
  readonly minStep: string | undefined;
}

export interface AskedDashboard {
  readonly queries: readonly Query[];
  /** Names and values of its own variables. */
  readonly variables: ReadonlyMap<string, string>;
  readonly rangeSeconds: number;
  /** How often the data source says that it is scraped: the minimal step of a query without one. */
  readonly scrapeSeconds: number;
}

/** Of Grafana's model of a dashboard, what is read here. */
interface Model {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly Target[] }[];
  readonly annotations: { readonly list?: readonly { readonly name: string; readonly target?: Target }[] };
  readonly templating: { readonly list?: readonly Variable[] };
  readonly time: { readonly from: string; readonly to: string };
}
interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly instant?: boolean;
  readonly interval?: string;
}
interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string;
}

/** The files that Grafana is given, not the code that they are made of. */
export function shippedDashboard(): AskedDashboard {
  const read = (path: string) => readFileSync(join(repository, 'monitoring/grafana', path), 'utf8');
  const { datasources } = parse(read('provisioning/datasources/prometheus.yaml')) as {
    datasources: [{ jsonData: { timeInterval: string } }];
  };
  return asked(JSON.parse(read('dashboards/failover.json')), datasources[0].jsonData.timeInterval);
}

/**
 * All that a dashboard asks as it is opened: panels and annotations.
 * @throws DrillError for a range of time that does not end now
 */
export function asked(model: Model, timeInterval: string): AskedDashboard {
  const { panels, annotations, templating, time } = model;
  const from = /^now-(\w+)$/.exec(time.from)?.[1];
  if (from === undefined || time.to !== 'now')
    throw new DrillError(
      `the dashboard shows ${time.from} to ${time.to}; expected now-… to now; correct monitoring/dashboards`,
    );
  const texts = (templating.list ?? []).filter(({ type }) => type === 'textbox');
  return {
    queries: [
      ...panels.flatMap(({ title, targets = [] }) => targets.map((target) => query(title, target))),
      ...(annotations.list ?? []).flatMap(({ name, target }) => (target ? [query(name, target)] : [])),
    ],
    variables: new Map(texts.map(({ name, query: value }) => [name, value])),
    rangeSeconds: secondsIn(from),
    scrapeSeconds: secondsIn(timeInterval),
  };
}

const query = (panel: string, { refId, expr, instant = false, interval }: Target): Query => ({
  panel,
  refId,
  expr,
  isInstant: instant,
  minStep: interval,
});

/** The curves of a panel as wide as a screen have about so many points. */
const POINTS = 1500;

/**
 * A query as Grafana sends it.
 * The step: as many seconds as a point of the curve has, but not less than the minimum. The interval of a rate:
 * https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/
 * @throws DrillError for a variable that nobody gives a value
 */
export function asSent(
  { panel, refId, expr, minStep }: Query,
  { variables, rangeSeconds, scrapeSeconds }: AskedDashboard,
): { readonly expr: string; readonly stepSeconds: number } {
  const scrape = minStep === undefined ? scrapeSeconds : secondsIn(minStep);
  const stepSeconds = Math.max(scrape, Math.ceil(rangeSeconds / POINTS));
  const values = new Map([
    ...variables,
    ['__interval', `${stepSeconds}s`],
    ['__rate_interval', `${Math.max(stepSeconds + scrape, 4 * scrape)}s`],
    ['__range', `${rangeSeconds}s`],
  ]);
  const sent = expr.replace(/\$(\w+)/g, (_, name: string) => {
    const value = values.get(name);
    if (value !== undefined) return value;
    const known = [...values.keys()].join(', ');
    throw new DrillError(
      `panel "${panel}", query ${refId} uses $${name}; expected one of ${known}; correct monitoring/dashboards`,
    );
  });
  return { expr: sent, stepSeconds };
}

const unitSeconds = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

/** @throws DrillError for what is not a whole number of seconds, minutes, hours or days */
function secondsIn(duration: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const seconds = Number(count) * (unitSeconds.get(unit) ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new DrillError(
    `a dashboard or its data source says "${duration}"; expected a duration such as 5s or 15m; correct it in monitoring`,
  );
}
