import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../../drill/kit/tcp-ports.ts';
import { executed, repository, startApi } from './site.ts';

const server = `${repository}onprem/api/server.ts`;

describe('answers', () => {
  test('say which site and host answered, for every method and path', async () => {
    const api = await startApi({ SITE: 'standby', HOST_LABEL: 'cloud-1' });
    for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE']) {
      const body = method === 'GET' ? null : 'some text';
      const headers = { 'X-Request-Id': `id-${method}` };
      const answer = await fetch(`http://127.0.0.1:${api.port}/orders/7?x=1`, { method, body, headers });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-served-by')).toBe('standby/cloud-1');
      expect(answer.headers.get('x-request-id')).toBe(`id-${method}`);
      expect(await answer.json()).toEqual({
        site: 'standby',
        host: 'cloud-1',
        method,
        path: '/orders/7',
        requestId: `id-${method}`,
      });
    }
    expect(executed(api)).toEqual(['id-GET', 'id-PUT', 'id-POST', 'id-PATCH', 'id-DELETE']);
  });

  test('a request id that would be harmful to log is replaced', async () => {
    const api = await startApi();
    const answer = await fetch(`http://127.0.0.1:${api.port}/`, { headers: { 'X-Request-Id': '{"a": 1}' } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('health and metrics are not executions; metrics count the rest', async () => {
    const api = await startApi({ HEALTH_PATH: '/healthz' });
    const at = `http://127.0.0.1:${api.port}`;
    expect((await fetch(`${at}/healthz`)).status).toBe(200);
    await (await fetch(at, { method: 'POST', body: 'x' })).text();
    const text = await (await fetch(`${at}/metrics`)).text();
    expect(text).toContain('http_requests_total{method="POST",code="200"} 1');
    expect(text).toContain('http_request_duration_seconds_count 1');
    expect(text).toContain('http_requests_in_flight 1');
    expect(executed(api)).toHaveLength(1);
  });

  test('a body that is too large is refused, announced or not, and not executed', async () => {
    const api = await startApi({ MAX_BODY_BYTES: '10' });
    const at = `http://127.0.0.1:${api.port}/`;
    expect((await fetch(at, { method: 'PUT', body: 'x'.repeat(10) })).status).toBe(200);
    expect((await fetch(at, { method: 'PUT', body: 'x'.repeat(11) })).status).toBe(413);
    const chunked = new Blob(['x'.repeat(11)]).stream();
    const answer = await fetch(at, { method: 'PUT', body: chunked, duplex: 'half' });
    expect(answer.status).toBe(413);
    expect(executed(api)).toHaveLength(1);
  });
});

describe('a stop', () => {
  test('lets a request in flight finish, refuses new ones, and exits 0', async () => {
    const api = await startApi();
    const socket = connect(api.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nX-Request-Id: late\r\nContent-Length: 4\r\n\r\nab');
    // An answer to a second connection proves that the first has been accepted.
    await fetch(`http://127.0.0.1:${api.port}/health`);
    api.process.kill('SIGTERM');
    await api.journal.having('"shutdown"');
    await expect(fetch(`http://127.0.0.1:${api.port}/`)).rejects.toThrow();

    const exit = once(api.process, 'exit');
    socket.write('cd');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exit).toEqual([0, null]);
    expect(executed(api)).toEqual(['late']);
  });

  test('cuts what outlasts the grace period, says so, and exits 1', async () => {
    const api = await startApi({ SHUTDOWN_GRACE_SECONDS: '1' });
    const socket = connect(api.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab');
    socket.on('error', () => {});
    await fetch(`http://127.0.0.1:${api.port}/health`);
    api.process.kill('SIGINT');
    expect(await once(api.process, 'exit')).toEqual([1, null]);
    expect(api.errors.all).toEqual(['requests were still in flight after 1 s; they are cut']);
  });
});

test('a SIGKILL loses no record of a request that was answered', async () => {
  const [port] = await freePorts(1);
  const journal = join(mkdtempSync(join(tmpdir(), 'api-')), 'journal');
  const file = openSync(journal, 'w');
  const env = { ...process.env, BIND_ADDRESS: '127.0.0.1', PORT: String(port) };
  const child = spawn(process.execPath, [server], { env, stdio: ['ignore', file, 'pipe'] });
  closeSync(file);
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(() => readFileSync(journal, 'utf8'), { timeout: 40_000 }).toContain('"listening"');

  const answered: string[] = [];
  const client = async (name: string) => {
    for (let count = 0; ; count++) {
      const requestId = `${name}-${count}`;
      try {
        await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { 'X-Request-Id': requestId } });
      } catch {
        return;
      }
      answered.push(requestId);
      if (answered.length === 200) child.kill('SIGKILL');
    }
  };
  await Promise.all(['a', 'b', 'c', 'd'].map(client));
  const recorded = readFileSync(journal, 'utf8');
  expect(answered.length).toBeGreaterThanOrEqual(200);
  expect(answered.filter((requestId) => !recorded.includes(`"${requestId}"`))).toEqual([]);
});

test.each([
  ['PORT', '80a', 'PORT is "80a"; expected a whole number from 0 to 65535;'],
  ['PORT', '70000', 'PORT is "70000"; expected a whole number from 0 to 65535;'],
  ['SITE', 'cloud', 'SITE is "cloud"; expected primary or standby;'],
  ['HEALTH_PATH', 'health', 'HEALTH_PATH is "health"; expected a path that starts with "/"'],
  ['SHUTDOWN_GRACE_SECONDS', '-1', 'SHUTDOWN_GRACE_SECONDS is "-1"; expected a whole number from 0 to 300;'],
  ['MAX_BODY_BYTES', '1MB', 'MAX_BODY_BYTES is "1MB"; expected a whole number'],
])('%s=%s stops it with one line and exit code 2', (name, value, message) => {
  const env = { ...process.env, [name]: value };
  const { status, stdout, stderr } = spawnSync(process.execPath, [server], { env, encoding: 'utf8' });
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect([status, stdout]).toEqual([2, '']);
});
