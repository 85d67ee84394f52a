import { readFileSync } from 'node:fs';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { failover } from '../../monitoring/dashboards/failover.ts';
import { datasource } from '../../monitoring/dashboards/variables.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const { panels: all = [], templating, uid } = failover();
const panels = all.filter((one): one is Panel => one.type !== 'row');
const titles = new Set(panels.map(({ title }) => title));

describe.each(panels.map((panel) => [panel.title ?? 'without a title', panel] as const))(
  '%s',
  (title, panel) => {
    const { description = '', targets = [], fieldConfig } = panel;
    const defaults = fieldConfig?.defaults;

    test('says in sentences what it shows and when to worry', () => {
      expect(title).toMatch(/^[A-Z].+/);
      expect(description.split(/[.;:] /).length).toBeGreaterThanOrEqual(2);
      expect(description).toMatch(/^[A-Z].{80,}[.)]$/);
    });

    test('has a unit, thresholds, and something to ask', () => {
      expect(defaults?.unit).toMatch(/^\w+$/);
      expect(defaults?.thresholds?.steps[0]?.value).toBeNull();
      expect(targets.length).toBeGreaterThan(0);
      for (const { datasource: asked } of [panel, ...(targets as { datasource?: unknown }[])])
        expect(asked).toEqual(datasource);
    });

    test('colours by levels that rise', () => {
      const levels = (defaults?.thresholds?.steps ?? []).slice(1).map(({ value }) => Number(value));
      expect(levels).toEqual([...levels].sort((a, b) => a - b));
    });
  },
);

test('the first row answers who serves, since when, and whether the monitoring is alive', () => {
  expect(all[0]).toMatchObject({ type: 'row', title: 'Now' });
  expect(all.slice(1, 5).map(({ title }) => title)).toEqual([
    'Who serves',
    'Since',
    'Last heard by the cloud',
    'Monitoring',
  ]);
});

test('a description that names another panel or row names one that there is', () => {
  const named = panels.flatMap(({ description = '' }) =>
    [...description.matchAll(/"([^"]+)"/g)].map(([, name]) => name),
  );
  const known = new Set([...all.map(({ title }) => title), 'all answer']);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
  expect(titles.size).toBe(panels.length);
});

test('each line of panels fills the page, and none covers another', () => {
  const taken = new Set<string>();
  for (const { gridPos } of all) {
    const { x, y, w, h } = gridPos ?? { x: 0, y: 0, w: 0, h: 0 };
    for (let column = x; column < x + w; column++)
      for (let line = y; line < y + h; line++) {
        expect(taken.has(`${column},${line}`)).toBe(false);
        expect(column).toBeLessThan(24);
        taken.add(`${column},${line}`);
      }
  }
  const lines = Math.max(...all.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)));
  expect(taken.size).toBe(24 * lines);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

describe('what the dashboard takes for granted', () => {
  const variable = (name: string) => templating.list?.find((one) => one.name === name);
  const compose = parse(read('onprem/compose.yaml'), { merge: true }).services;

  test('PARK_MAX is the default of the compose file', () => {
    const { PARK_MAX } = compose.haproxy.environment;
    expect(PARK_MAX).toBe(`\${PARK_MAX:-${variable('park_max')?.query}}`);
    expect(variable('park_max')?.current?.value).toBe(variable('park_max')?.query);
  });

  test('the RTO is explained where it can be changed', () => {
    expect(variable('rto')).toMatchObject({ query: '4', type: 'textbox' });
    expect(variable('rto')?.description).toMatch(/in seconds from .* to .*4 s is .*warm host.*pilot light/s);
  });

  test('its data source is the one that is provisioned, which asks the Prometheus of the bundle', () => {
    const [one] = parse(read('monitoring/grafana/provisioning/datasources/prometheus.yaml')).datasources;
    expect(variable('datasource')?.current?.value).toBe(one.uid);
    expect(one).toMatchObject({ type: 'prometheus', url: 'http://prometheus:9090', editable: false });
    const { scrape_interval } = parse(read('monitoring/prometheus.yml')).global;
    expect(one.jsonData.timeInterval).toBe(scrape_interval);
  });

  test('Grafana finds all of it in the folder that it is given', () => {
    const { environment, volumes } = compose.grafana;
    expect(volumes).toEqual(['../monitoring:/etc/monitoring:ro']);
    expect(environment.GF_PATHS_PROVISIONING).toBe('/etc/monitoring/grafana/provisioning');
    const [provider] = parse(read('monitoring/grafana/provisioning/dashboards/failover.yaml')).providers;
    expect(environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
      `${provider.options.path}/failover.json`,
    );
    expect(provider.options.path).toBe('/etc/monitoring/grafana/dashboards');
    expect(provider).toMatchObject({ type: 'file', allowUiUpdates: false });
    expect(uid).toBe('hybrid-failover');
  });
});
