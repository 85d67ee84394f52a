import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createTail } from '../../../drill/bench/journal.ts';
import { startApi } from '../../onprem/site.ts';

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a tail reads what is new, and nothing of a file that is not there yet', () => {
  const file = join(folder, 'log');
  const tail = createTail(file);
  expect(tail()).toEqual([]);
  appendFileSync(file, 'a\nb\n');
  expect(tail()).toEqual(['a', 'b', '']);
  appendFileSync(file, 'ü\n');
  expect(tail()).toEqual(['ü', '']);
  expect(tail()).toEqual(['']);
});

test('while the fault file exists, health answers 500 and everything else works', async () => {
  const file = join(folder, 'fault');
  const api = await startApi({ HEALTH_FAULT_FILE: file });
  const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${api.port}${path}`)).status;
  expect(await statusOf('/health')).toBe(200);
  appendFileSync(file, '');
  expect(await statusOf('/health')).toBe(500);
  expect(await statusOf('/orders')).toBe(200);
  rmSync(file);
  expect(await statusOf('/health')).toBe(200);
});
