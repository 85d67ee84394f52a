import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generated } from '../../docs/source/all.ts';

test.each(Object.entries(generated))('%s is what its source makes: npm run docs', async (file, make) => {
  expect(await make()).toBe(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
});
