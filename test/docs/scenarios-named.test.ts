import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scenarios } from '../../drill/scenarios/index.ts';

const page = readFileSync(new URL('../../docs/when-parts-die.md', import.meta.url), 'utf8');
/** The last cell of each row of a table, where it holds nothing but a name. */
const named = new Set([...page.matchAll(/\| `([a-z-]+)` \|$/gm)].map(([, name]) => name));

test('docs/when-parts-die.md names every scenario of the drill, and no other', () => {
  expect([...named].sort()).toEqual(scenarios.map(({ name }) => name).sort());
});
