import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProcessHost } from '../../../drill/host/docker-command.ts';
import { freePorts } from '../../../drill/parts/index.ts';
import { isAlive, temporaryFolder } from '../cloud/fixture.ts';

const folder = temporaryFolder();
/** Answers with its environment; ends on SIGTERM only if it is told to. */
const PROGRAM = `
import { createServer } from 'node:http';
if (process.env.STUBBORN) process.on('SIGTERM', () => console.log('no'));
createServer((_request, response) => {
  console.log(JSON.stringify({ event: 'executed', requestId: 'r1', site: process.env.SITE }));
  response.end(JSON.stringify(process.env));
}).listen(process.env.PORT, '127.0.0.1');
console.log('listening');
`;
writeFileSync(join(folder.path, 'program.mjs'), PROGRAM);
const host = createProcessHost(join(folder.path, 'host'), {
  'registry/api:1': { folder: folder.path, command: ['node', 'program.mjs'], environment: { BASE: 'yes' } },
});
const [port = 0] = await freePorts(1);

const docker = (command: string) => host.run(`docker ${command}`, { timeoutSeconds: 20 });
const create = (more = '') =>
  docker(
    `create --name api --publish ${port}:8080 --env SITE=standby --restart unless-stopped ${more} registry/api:1`,
  );
const environment = () =>
  vi.waitFor(async () => (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as NodeJS.ProcessEnv, {
    timeout: 5000,
    interval: 30,
  });
const running = async () =>
  (await docker("container inspect --format '{{.State.Running}}' api")).stdout.trim();

beforeEach(() => host.stop());
afterAll(async () => {
  await host.stop();
  folder.remove();
});

describe("the host's docker command without a daemon", () => {
  test('a container is created, started, stopped and removed', async () => {
    expect((await create('--label hybrid-failover.fingerprint=abc')).stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await running()).toBe('false');
    expect((await docker('start api')).exitCode).toBe(0);
    expect(await environment()).toMatchObject({ SITE: 'standby', BASE: 'yes', PORT: String(port) });
    expect(await running()).toBe('true');
    const label = '\'{{index .Config.Labels "hybrid-failover.fingerprint"}}\'';
    expect((await docker(`container inspect --format ${label} api`)).stdout).toBe('abc\n');
    expect((await docker('stop --time 5 api')).exitCode).toBe(0);
    expect(await running()).toBe('false');
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    expect((await docker('rm --force api')).exitCode).toBe(0);
    expect(await docker('container inspect api')).toMatchObject({
      exitCode: 1,
      stderr: 'Error: No such container: api\n',
    });
  });

  test('what a removed container wrote is kept', async () => {
    const executed = async () =>
      (await host.containerLines()).filter((line) => line.includes('"executed"')).length;
    const before = await executed();
    await create();
    await docker('start api');
    await environment();
    expect(await executed()).toBe(before + 1);
    expect((await docker('logs --tail 1 api')).stdout).toContain('"executed"');
    await docker('rm --force api');
    expect(await executed()).toBe(before + 1);
  });

  test('a program that ignores SIGTERM is killed after the grace', async () => {
    await create('--env STUBBORN=1');
    await docker('start api');
    await environment();
    await docker('stop --time 1 api');
    expect(await running()).toBe('false');
    expect((await docker('logs api')).stdout).toMatch(/no\n$/);
  });

  test('what ran before a stop of the instance runs again after its start', async () => {
    await create();
    await docker('start api');
    await environment();
    await host.shutdown();
    expect(await running()).toBe('false');
    await host.boot();
    await environment();
  });

  test('an environment file is read', async () => {
    writeFileSync(join(folder.path, 'secrets.env'), '# secret\nTOKEN=a=b\n');
    await create(`--env-file ${join(folder.path, 'secrets.env')}`);
    await docker('start api');
    expect(await environment()).toMatchObject({ TOKEN: 'a=b' });
  });

  test.each<[string, RegExp]>([
    ['pull other:1', /No such image: other:1 \(the drill stands in for registry\/api:1\)/],
    ['run registry/api:1', /does not know "run registry\/api:1"/],
    ['create --privileged --name x registry/api:1', /does not know the option --privileged/],
    ["image inspect --format '{{json .}}' registry/api:1", /does not know the template \{\{json \.\}\}/],
  ])('docker %s is refused', async (command, message) => {
    const { exitCode, stderr } = await docker(command);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});

test("a script's time limit ends it together with all it started", async () => {
  const began = Date.now();
  const { timedOut } = await host.run('sleep 30 & echo $! > child; wait', { timeoutSeconds: 0.5 });
  expect(timedOut).toBe(true);
  expect(Date.now() - began).toBeLessThan(5000);
  const child = Number(readFileSync(join(folder.path, 'host/child'), 'utf8'));
  await vi.waitFor(() => expect(isAlive(child)).toBe(false));
});
