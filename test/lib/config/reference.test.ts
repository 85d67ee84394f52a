import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { jsonSchema, markdown } from '../../../lib/config/reference.ts';

const committed = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

test('docs/configuration.md and docs/config.schema.json are what the schema says: npm run docs:config', () => {
  expect(committed('configuration.md')).toBe(markdown());
  expect(committed('config.schema.json')).toBe(jsonSchema());
});
