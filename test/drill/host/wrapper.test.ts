import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createDockerHost } from '../../../drill/host/docker-command.ts';
import { temporaryFolder } from '../cloud/fixture.ts';

const folder = temporaryFolder();
const calls = join(folder.path, 'calls');
const state = join(folder.path, 'state');
const real = join(folder.path, 'real-docker');
// Stands for the real client: notes how it was called, and knows one image and what one container wrote.
writeFileSync(
  real,
  `#!/bin/sh
echo "$@" >>'${calls}'
case "$*" in
  'image inspect here:1') exit 0 ;;
  'image inspect '*) echo 'No such image' >&2; exit 1 ;;
  'container inspect --format {{.State.Running}} api') head -n 1 '${state}' ;;
  'container inspect --format {{.HostConfig.RestartPolicy.Name}} {{.State.StartedAt}} api') tail -n 1 '${state}' ;;
  'logs api') echo '{"event":"executed","requestId":"r1"}' ;;
esac
`,
  { mode: 0o755 },
);
const host = createDockerHost(join(folder.path, 'host'), real);
const docker = (command: string) => host.run(`docker ${command}`, { timeoutSeconds: 10 });
const called = () => readFileSync(calls, 'utf8').trim().split('\n');
const changes = () => called().filter((line) => !line.startsWith('container inspect'));

beforeEach(() => writeFileSync(calls, ''));
afterAll(folder.remove);

test('an image that is here counts as pulled, without a registry', async () => {
  expect(await docker('pull --quiet here:1')).toMatchObject({ exitCode: 0, stdout: 'here:1\n' });
  expect(called()).toEqual(['image inspect here:1']);
});

test('an image that is not here is a clear error', async () => {
  const { exitCode, stderr } = await docker('pull --quiet gone:1');
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    'docker pull: gone:1 is not on this machine, and a drill has no registry; the drill builds it first\n',
  );
});

test('everything else reaches the real docker as it is', async () => {
  await docker("container inspect --format '{{.Id}}' api");
  expect(called()).toEqual(['container inspect --format {{.Id}} api']);
});

test('what was created is removed at the end, and what it wrote is kept', async () => {
  await docker("create --name api --env 'A=b c' here:1");
  await host.stop();
  expect(called()).toEqual(['create --name api --env A=b c here:1', 'logs api', 'rm --force api']);
  // Kept once from the removal; this stand-in for the client also goes on answering `logs`.
  expect((await host.containerLines()).filter((line) => line.includes('"r1"'))).toHaveLength(2);
});

test.each([
  ['true', 'unless-stopped 2026-01-02T03:04:05Z', ['stop --time 10 api', 'start api']],
  ['false', 'unless-stopped 2026-01-02T03:04:05Z', []],
  ['false', 'always 2026-01-02T03:04:05Z', ['start api']],
  ['false', 'always 0001-01-01T00:00:00Z', []],
])('running %s, policy and last start %s: over a shutdown and a boot', async (running, known, expected) => {
  await docker('create --name api here:1');
  writeFileSync(calls, '');
  writeFileSync(state, `${running}\n${known}\n`);
  await host.shutdown();
  await host.boot();
  expect(changes()).toEqual(expected);
});

test('a crash kills what runs, from outside', async () => {
  await docker('create --name api here:1');
  writeFileSync(calls, '');
  writeFileSync(state, 'true\n');
  await host.crash();
  expect(changes()).toEqual(['kill api']);
});
