import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Who may import whom is a rule of the linter; these are its cases, in a tree of their own. */
const repository = fileURLToPath(new URL('..', import.meta.url));
const biome = join(repository, 'node_modules/.bin/biome');

const refused: [string, string][] = [
  ['lambda/domain', '../ports.ts'],
  ['lambda/domain', 'node:fs'],
  ['lambda/domain', '@aws-sdk/client-ssm'],
  ['lambda/domain', 'valibot'],
  ['lambda/domain', '../contract/names.ts'],
  ['lambda/contract', '../ports.ts'],
  ['lambda/contract', '../adapters/dynamodb.ts'],
  ['lambda/contract', '@aws-sdk/client-ssm'],
  ['lambda/contract', 'node:fs'],
  ['lambda/contract', '../../lib/policy.ts'],
  ['lambda/receiver', '../adapters/dynamodb.ts'],
  ['lambda/reconciler', '../../lib/app.ts'],
  ['lambda/adapters', '../../lib/app.ts'],
  ['lambda/adapters', 'aws-cdk-lib'],
  ['lambda/adapters', '../../drill/kit/http.ts'],
  ['lambda', '../lib/policy.ts'],
  ['lib', '../drill/kit/http.ts'],
  ['lib/constructs', '../../drill/kit/http.ts'],
  ['onprem/api', '../../drill/kit/http.ts'],
  ['lambda/receiver', '../../bin/cli/app.ts'],
  ['lib', '../bin/cli/app.ts'],
  ['bin/cli', '../../lambda/ports.ts'],
  ['bin/cli', '../../lambda/messages.ts'],
  ['bin/cli/aws', '../../../lambda/adapters/dynamodb.ts'],
  ['bin/cli', '../../lib/app.ts'],
  ['bin/cli/doctor', '../../../drill/kit/http.ts'],
];
const allowed: [string, string][] = [
  ['lambda/domain', './policy.ts'],
  ['lambda/contract', './names.ts'],
  ['lambda/contract', '../domain/policy.ts'],
  ['lambda/contract', 'valibot'],
  ['lambda/adapters', '../domain/policy.ts'],
  ['bin/cli', '../../lambda/contract/names.ts'],
  ['lib', '../lambda/contract/names.ts'],
  ['lambda/reconciler', '../ports.ts'],
  ['lib', '../lambda/domain/policy.ts'],
  ['drill', '../lib/app.ts'],
  ['bin/cli', '../../lib/config/load.ts'],
  ['bin/cli/doctor', '../site/bundle.ts'],
  ['bin/cli/aws', '@aws-sdk/client-ssm'],
  ['bin/cli/steer', '../../../lambda/domain/decide.ts'],
];

const folder = mkdtempSync(join(tmpdir(), 'imports-'));
const fileFor = (from: string, what: string, all: [string, string][], kind: string) =>
  `${from}/${kind}${all.findIndex((row) => row[0] === from && row[1] === what)}.ts`;
let complaints = '';

beforeAll(() => {
  cpSync(join(repository, 'biome.json'), join(folder, 'biome.json'));
  for (const [kind, all] of Object.entries({ refused, allowed })) {
    for (const [from, what] of all) {
      const file = join(folder, fileFor(from, what, all, kind));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `import x from '${what}';\nx();\n`);
    }
  }
  writeFileSync(
    join(folder, 'lambda/receiver/handler.ts'),
    "import x from '../adapters/dynamodb.ts';\nx();\n",
  );
  const { stdout, stderr } = spawnSync(biome, ['lint', '--max-diagnostics=100'], {
    cwd: folder,
    encoding: 'utf8',
  });
  complaints = stdout + stderr;
});
afterAll(() => rmSync(folder, { recursive: true }));

const complained = (file: string) =>
  complaints.split('\n').some((line) => line.startsWith(`${file}:`) && line.includes('noRestrictedImports'));

describe('who may import whom', () => {
  test.each(refused)('%s may not import %s', (from, what) => {
    expect(complained(fileFor(from, what, refused, 'refused'))).toBe(true);
  });

  test.each(allowed)('%s may import %s', (from, what) => {
    expect(complained(fileFor(from, what, allowed, 'allowed'))).toBe(false);
  });

  test('a handler wires adapters', () => {
    expect(complained('lambda/receiver/handler.ts')).toBe(false);
  });
});
