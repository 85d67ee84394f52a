import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { repository, withSecondAlertmanager } from '../../../drill/site/files.ts';
import { temporaryFolder } from '../cloud/fixture.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

test('Prometheus is told of a second Alertmanager, and of nothing else', () => {
  const shipped = join(repository, 'monitoring/prometheus.yml');
  const paired = readFileSync(withSecondAlertmanager(shipped, folder.path), 'utf8');
  expect(parse(paired).alerting.alertmanagers[0].static_configs[0].targets).toHaveLength(2);
  const added = paired.split('\n').filter((line) => !readFileSync(shipped, 'utf8').includes(line));
  expect(added).toHaveLength(1);
  expect(added[0]).toMatch(/^ +- 127\.0\.0\.1:9095 # \$\{SECOND_ALERTMANAGER_ADDRESS\}$/);
});

test('a config without an Alertmanager cannot be told', () => {
  const file = join(folder.path, 'none.yml');
  writeFileSync(file, 'global: {}\n');
  expect(() => withSecondAlertmanager(file, folder.path)).toThrow(`${file} names no ALERTMANAGER_ADDRESS`);
});
