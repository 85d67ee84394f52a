import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProcessHost } from '../../../drill/host/docker-command.ts';
import { freePorts } from '../../../drill/kit/tcp-ports.ts';
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
const image = { folder: folder.path, command: ['node', 'program.mjs'], environment: { BASE: 'yes' } };
const host = createProcessHost(join(folder.path, 'host'), {
  'registry/api:1': image,
  'registry:5000/other': image,
  'registry/api:2': { ...image, environment: { BASE: 'no' } },
});
const [port = 0] = await freePorts(1);

const docker = (command: string) => host.run(`docker ${command}`, { timeoutSeconds: 20 });
const create = (more = '', policy = 'unless-stopped') =>
  docker(
    `create --name api --publish ${port}:8080 --env SITE=standby --restart ${policy} ${more} registry/api:1`,
  );
const environment = () =>
  vi.waitFor(async () => (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as NodeJS.ProcessEnv, {
    timeout: 40_000,
    interval: 30,
  });
const inspect = async (template: string) =>
  (await docker(`container inspect --format '${template}' api`)).stdout.trim();
const running = () => inspect('{{.State.Running}}');

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
    expect(await inspect('{{index .Config.Labels "hybrid-failover.fingerprint"}}')).toBe('abc');
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

  test('restart starts what is stopped, and replaces the process of what runs', async () => {
    await create();
    await docker('restart -t 5 api');
    await environment();
    const [pid, startedAt] = (await inspect('{{.State.Pid}} {{.State.StartedAt}}')).split(' ');
    await docker('restart -t 5 api');
    await environment();
    expect(await inspect('{{.State.Pid}}')).not.toBe(pid);
    expect(Date.parse(await inspect('{{.State.StartedAt}}'))).toBeGreaterThan(Date.parse(startedAt ?? ''));
    expect(isAlive(Number(pid))).toBe(false);
  });

  test('a container whose port is taken is not started, and the reason is docker’s', async () => {
    await create();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    for (const command of ['start api', 'restart -t 1 api'])
      expect(await docker(command)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining(`Bind for 127.0.0.1:${port} failed: port is already allocated`),
      });
    expect(await running()).toBe('false');
    other.close();
    expect((await docker('start api')).exitCode).toBe(0);
    await environment();
  });

  test('an image has an id and a digest in each repository, and the container says which it runs', async () => {
    await create();
    const of = async (name: string) =>
      (await docker(`image inspect --format '{{.Id}} {{json .RepoDigests}}' ${name}`)).stdout.trim();
    const known = await of('registry/api:1');
    const digest = 'sha256:[0-9a-f]{64}';
    expect(known).toMatch(
      new RegExp(`^${digest} \\["registry/api@${digest}","registry:5000/other@${digest}"\\]$`),
    );
    const id = await inspect('{{.Image}}');
    expect(known.startsWith(`${id} `)).toBe(true);
    expect(await inspect('{{.Config.Image}}')).toBe('registry/api:1');
    expect(await of(id)).toBe(known);
    expect(await of('registry/api:2')).not.toContain(id);
  });

  test.each<[policy: string, before: 'runs' | 'stopped' | 'never started', after: string]>([
    ['unless-stopped', 'runs', 'true'],
    ['unless-stopped', 'stopped', 'false'],
    ['always', 'runs', 'true'],
    ['always', 'stopped', 'true'],
    ['always', 'never started', 'false'],
    ['no', 'runs', 'false'],
  ])('restart policy %s, container %s: runs after a boot: %s', async (policy, before, after) => {
    await create('', policy);
    if (before !== 'never started') {
      await docker('start api');
      await environment();
    }
    if (before === 'stopped') await docker('stop --time 5 api');
    await host.shutdown();
    expect(await running()).toBe('false');
    await host.boot();
    expect(await running()).toBe(after);
    if (after === 'true') await environment();
  });

  test('what crashes stays dead', async () => {
    await create('--env STUBBORN=1');
    await host.crash();
    await docker('start api');
    await environment();
    await host.crash();
    expect(await running()).toBe('false');
    expect((await docker('logs api')).stdout).not.toContain('no\n');
    expect((await docker('kill api')).stderr).toContain('is not running');
  });

  test('an environment file is read', async () => {
    writeFileSync(join(folder.path, 'secrets.env'), '# secret\nTOKEN=a=b\n');
    await create(`--env-file ${join(folder.path, 'secrets.env')}`);
    await docker('start api');
    expect(await environment()).toMatchObject({ TOKEN: 'a=b' });
  });

  test.each<[string, RegExp]>([
    ['pull other:1', /No such image: other:1 \(the drill stands in for registry\/api:1, /],
    ['run registry/api:1', /does not know "run registry\/api:1"/],
    ['create --privileged --name x registry/api:1', /does not know the option --privileged/],
    ["image inspect --format '{{json .}}' registry/api:1", /does not know the template \{\{json \.\}\}/],
    [
      "image inspect --format '{{index .RepoDigests}}' registry/api:1",
      /does not know the template \{\{index/,
    ],
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
  expect(Date.now() - began).toBeLessThan(25_000);
  const child = Number(readFileSync(join(folder.path, 'host/child'), 'utf8'));
  await vi.waitFor(() => expect(isAlive(child)).toBe(false));
});
