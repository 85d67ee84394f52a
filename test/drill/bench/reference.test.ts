import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { slowChecks, slowGroups, slowRules, slowScrapes } from '../../../drill/bench/reference.ts';

const shipped = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const variables = (text: string) => [...text.matchAll(/# \$\{(\w+-?)\}$/gm)].map(([, name]) => name);

describe('the shipped configs with the intervals of the reference', () => {
  test('Prometheus looks every 15 s and evaluates every minute, and all else stays', () => {
    const text = shipped('monitoring/prometheus.yml');
    const slow = parse(slowScrapes(text));
    expect(slow.global).toMatchObject({ scrape_interval: '15s', evaluation_interval: '1m' });
    for (const job of slow.scrape_configs) expect(job).not.toHaveProperty('scrape_interval');
    expect(variables(slowScrapes(text))).toEqual(variables(text));
    expect(slow.scrape_configs).toHaveLength(parse(text).scrape_configs.length);
  });

  test('the rules have no pace of their own, and PrimaryDown waits 15 s', () => {
    const text = shipped('monitoring/rules/evidence.yml');
    const { groups } = parse(slowRules(text)) as {
      groups: { interval?: string; rules: { alert?: string; for?: string; expr: string }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(groups.every(({ interval }) => interval === undefined)).toBe(true);
    expect(rules.find(({ alert }) => alert === 'PrimaryDown')?.for).toBe('15s');
    expect(rules.some(({ expr }) => expr.includes('[2s]'))).toBe(false);
    expect(rules.length).toBe(parse(text).groups.flatMap((group: { rules: [] }) => group.rules).length);
  });

  test('Alertmanager waits 10 s for more of the same, on the way to the webhook only', () => {
    const text = shipped('monitoring/alertmanager.yml');
    const before: { receiver: string; group_wait: string }[] = parse(text).route.routes;
    const after: typeof before = parse(slowGroups(text)).route.routes;
    expect(after).toEqual(
      before.map((one) => (one.receiver === 'failover' ? { ...one, group_wait: '10s' } : one)),
    );
    expect(variables(slowGroups(text))).toEqual(variables(text));
  });

  test('HAProxy checks every 2 s, and live traffic does not count', () => {
    const slow = slowChecks(shipped('onprem/haproxy/haproxy.cfg'));
    expect(slow).toMatch(/^ *server primary .*\binter 2s fall 2 rise 2\b/m);
    expect(slow).not.toMatch(/^[^#\n]*\b(observe|fastinter|downinter|error-limit) /m);
  });

  test('a config in which there is nothing to change is refused', () => {
    expect(() => slowChecks('backend service\n')).toThrow(/correct drill\/bench\/reference\.ts/);
  });
});
