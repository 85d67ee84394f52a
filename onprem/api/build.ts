/**
 * Writes the sample API as JavaScript: `node build.ts FOLDER`. Taking the types away takes Node about as long as
 * everything else until the API answers, and clients wait for that.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

const folder = process.argv[2];
if (folder === undefined) throw new Error('received no folder, expected one: node build.ts FOLDER');
for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts'))) {
  const script = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, file), 'utf8'));
  const name = (from: string) => from.replace(/\.ts$/, '.mjs');
  writeFileSync(join(folder, name(file)), script.replace(/(?<= from ')\.\/[^']+(?=')/g, name));
}
