import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { architecture } from '../../docs/source/draw.ts';

test('docs/architecture.svg is what its source draws: npm run docs:picture', () => {
  expect(readFileSync(new URL('../../docs/architecture.svg', import.meta.url), 'utf8')).toBe(architecture());
});
