import { describe, expect, test } from 'vitest';
import {
  type AskedDashboard,
  asked,
  asSent,
  type Query,
  shippedDashboard,
} from '../../../drill/verify/dashboard-queries.ts';

const dashboard: AskedDashboard = {
  queries: [],
  variables: new Map([['rto', '4']]),
  rangeSeconds: 900,
  scrapeSeconds: 5,
};
const query = (expr: string, minStep?: string): Query => ({
  panel: 'Errors',
  refId: 'B',
  expr,
  isInstant: false,
  minStep,
});

describe('a query as Grafana sends it', () => {
  test.each<
    [expr: string, minStep: string | undefined, rangeSeconds: number, sent: string, stepSeconds: number]
  >([
    ['rate(x[$__rate_interval])', '1s', 900, 'rate(x[4s])', 1],
    ['rate(x[$__rate_interval])', undefined, 900, 'rate(x[20s])', 5],
    // A day: the steps are longer than what is scraped, and the rate spans one and a scrape.
    ['rate(x[$__rate_interval])', '5s', 86_400, 'rate(x[63s])', 58],
    ['max_over_time(x[$__interval])', '1s', 3600, 'max_over_time(x[3s])', 3],
    ['last_over_time(x[$__range]) / $rto', '1s', 900, 'last_over_time(x[900s]) / 4', 1],
    ['vector(1)', undefined, 900, 'vector(1)', 5],
  ])('%s, every %s, over %d s', (expr, minStep, rangeSeconds, sent, stepSeconds) => {
    expect(asSent(query(expr, minStep), { ...dashboard, rangeSeconds })).toEqual({ expr: sent, stepSeconds });
  });

  test('a variable without a value is named', () => {
    expect(() => asSent(query('x / $target'), dashboard)).toThrow(
      /panel "Errors", query B uses \$target; expected one of rto, __interval, .*; correct monitoring\/dashboards/,
    );
  });

  test('so is a duration that is none', () => {
    expect(() => asSent(query('x', 'soon'), dashboard)).toThrow(
      /says "soon"; expected a duration such as 5s/,
    );
  });
});

test('panels and annotations ask; rows do not', () => {
  const target = (refId: string) => ({ refId, expr: `${refId}_total`, interval: '1s' });
  const found = asked(
    {
      panels: [{ title: 'Row' }, { title: 'Two', targets: [target('A'), { ...target('B'), instant: true }] }],
      annotations: { list: [{ name: 'Alerts', target: target('C') }, { name: 'Of Grafana itself' }] },
      templating: {
        list: [
          { name: 'datasource', type: 'datasource', query: 'prometheus' },
          { name: 'rto', type: 'textbox', query: '4' },
        ],
      },
      time: { from: 'now-2h', to: 'now' },
    },
    '5s',
  );
  expect(found.queries.map(({ panel, refId, isInstant }) => [panel, refId, isInstant])).toEqual([
    ['Two', 'A', false],
    ['Two', 'B', true],
    ['Alerts', 'C', false],
  ]);
  expect(found).toMatchObject({ rangeSeconds: 7200, scrapeSeconds: 5, variables: new Map([['rto', '4']]) });
});

test('a range that does not end now is refused', () => {
  const model = { panels: [], annotations: {}, templating: {}, time: { from: 'now-1d/d', to: 'now/d' } };
  expect(() => asked(model, '5s')).toThrow('shows now-1d/d to now/d; expected now-… to now');
});

test('what is shipped can be sent', () => {
  const shipped = shippedDashboard();
  expect(shipped.queries.length).toBeGreaterThan(20);
  for (const one of shipped.queries) expect(asSent(one, shipped).expr).not.toContain('$');
});
