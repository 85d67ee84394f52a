import { readFileSync } from 'node:fs';
import { expect, it, test } from 'vitest';
import { isSupported, supported } from '../../bin/cli/doctor/versions.ts';

test.each([
  ['HAProxy', '2.6.12-1+deb12u4', true],
  ['HAProxy', '2.6.11', false],
  ['HAProxy', '2.6.16', false],
  ['HAProxy', '3.0.11', false],
  ['HAProxy', '3.2.26-1', true],
  ['HAProxy', '3.3.0', false],
  ['HAProxy', 'unknown', false],
  ['Prometheus', '2.42.0+ds', true],
  ['Prometheus', '2.41.9', false],
  ['Prometheus', 'v3.13.3', true],
  ['Alertmanager', '0.25.0', true],
  ['Alertmanager', '0.34.1', true],
  ['Alertmanager', '0.24.0', false],
] as const)('%s %s: %s', (program, version, is) => expect(isSupported(program, version)).toBe(is));

it('what the bundle pins is among them, and the document names each range', () => {
  const compose = readFileSync(new URL('../../onprem/compose.yaml', import.meta.url), 'utf8');
  const pinned = (image: string) => new RegExp(`${image}:v?([\\d.]+)`).exec(compose)?.[1] ?? '';
  expect(isSupported('HAProxy', pinned('haproxy'))).toBe(true);
  expect(isSupported('Prometheus', pinned('prom/prometheus'))).toBe(true);
  expect(isSupported('Alertmanager', pinned('prom/alertmanager'))).toBe(true);
  const readme = readFileSync(new URL('../../onprem/README.md', import.meta.url), 'utf8');
  for (const [program, ranges] of Object.entries(supported))
    for (const { from, below, why } of ranges)
      expect(readme).toContain(`| ${program} | ${from} | ${below} | ${why} |`);
});
