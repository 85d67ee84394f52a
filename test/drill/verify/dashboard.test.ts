import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { close, listen } from '../../../drill/kit/http.ts';
import { checkDashboard } from '../../../drill/verify/dashboard.ts';
import type { AskedDashboard } from '../../../drill/verify/dashboard-queries.ts';

const asking = (...exprs: string[]): AskedDashboard => ({
  queries: exprs.map((expr, at) => ({
    panel: `Panel ${at + 1}`,
    refId: 'A',
    expr,
    isInstant: expr.startsWith('instant'),
    minStep: '1s',
  })),
  variables: new Map(),
  rangeSeconds: 900,
  scrapeSeconds: 5,
});

const samples: Record<string, object[]> = {
  instant_some: [{ value: [1, '0'] }],
  some: [
    {
      values: [
        [1, 'NaN'],
        [2, '3'],
      ],
    },
  ],
  none: [],
  only_nan: [{ values: [[1, 'NaN']] }],
};

/** Something that answers like Prometheus. */
async function prometheus() {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(url);
    const result = samples[url.searchParams.get('query') ?? ''];
    const answer = result
      ? { status: 'success', data: { result } }
      : { status: 'error', error: 'parse error' };
    response.writeHead(result ? 200 : 400).end(JSON.stringify(answer));
  });
  const port = await listen(server);
  onTestFinished(() => close(server));
  return { url: `http://127.0.0.1:${port}/`, asked };
}

test('data is data, zero too', async () => {
  const { url, asked } = await prometheus();
  expect(await checkDashboard(url, asking('instant_some', 'some'))).toMatchObject({
    held: true,
    observed: '2 queries',
  });
  const [instant, range] = asked.toSorted((a, b) => a.pathname.localeCompare(b.pathname));
  expect(instant?.pathname).toBe('/api/v1/query');
  expect(range?.pathname).toBe('/api/v1/query_range');
  const at = (name: string) => Number(range?.searchParams.get(name));
  expect([at('end') - at('start'), at('step')]).toEqual([expect.closeTo(900, 3), 1]);
});

test.each([
  ['none', 'panel "Panel 2", query A: no data for none'],
  ['only_nan', 'panel "Panel 2", query A: no data for only_nan'],
  ['unknown(', 'panel "Panel 2", query A: parse error in unknown('],
])('%s is named with its panel', async (expr, observed) => {
  const { url } = await prometheus();
  expect(await checkDashboard(url, asking('some', expr))).toMatchObject({ held: false, observed });
});

test('a Prometheus that does not answer is no success', async () => {
  const { held, observed } = await checkDashboard('http://127.0.0.1:9/', asking('some'));
  expect(held).toBe(false);
  expect(observed).toMatch(/^panel "Panel 1", query A: Prometheus did not answer/);
});

test('nor is a dashboard that asks nothing', async () => {
  expect((await checkDashboard('http://127.0.0.1:9/', asking())).held).toBe(false);
});
