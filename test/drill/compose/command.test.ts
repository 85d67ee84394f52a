import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProject, type Project } from '../../../drill/compose/command.ts';

let project: Project;
let journal: string;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'compose-'));
  journal = join(folder, 'journal');
  // In place of Compose: says what it was given, and takes longer over an `up`.
  const command = join(folder, 'compose');
  const script = [
    '#!/bin/sh',
    `echo "begin $*" >>'${journal}'`,
    'case "$*" in *" up"*) sleep 0.3 ;; *" break"*) echo first >&2; echo the reason >&2; exit 3 ;; esac',
    `echo "end $*" >>'${journal}'`,
    'echo "PORT=$PORT"',
  ];
  writeFileSync(command, `${script.join('\n')}\n`, { mode: 0o755 });
  project = createProject(
    { command, args: [], version: '0' },
    { name: 'drill-1', composeFile: '/a/compose.yaml', envFile: '/b/.env' },
  );
});
afterEach(() => {
  delete process.env.PORT;
});

test('a down waits for the up that is under way', async () => {
  await Promise.all([project.run('up', '--detach'), project.run('down')]);
  const all = '--project-name drill-1 --file /a/compose.yaml --env-file /b/.env';
  expect(readFileSync(journal, 'utf8').trim().split('\n')).toEqual([
    `begin ${all} up --detach`,
    `end ${all} up --detach`,
    `begin ${all} down`,
    `end ${all} down`,
  ]);
});

test('what fails says why, and does not hold up what follows', async () => {
  await expect(project.run('break')).rejects.toThrow(/^Compose failed at "break": first\nthe reason$/);
  await expect(project.run('down')).resolves.toBe('PORT=\n');
});

test("the user's own variables do not get into the site's", async () => {
  process.env.PORT = '9999';
  await expect(project.run('ps')).resolves.toBe('PORT=\n');
});
