import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { findParts } from '../../drill/parts/find.ts';
import type { Program } from '../../drill/parts/program.ts';
import { startBehind as behind } from './behind.ts';
import { Client } from './clients.ts';
import { executed, startApi, startHaproxy } from './site.ts';

let haproxy: Program;
beforeAll(async () => {
  ({ haproxy } = await findParts(['haproxy']));
}, 180_000);

const startBehind = (treat: Parameters<typeof behind>[1], env?: Record<string, string>) =>
  behind(haproxy, treat, env);

const good = (response: ServerResponse) => void response.end('good');
/** Breaks the first request off, answers the others. */
const breaksOnce = (request: IncomingMessage, response: ServerResponse, count: number) =>
  count === 1 ? void request.socket.resetAndDestroy() : good(response);

describe('a server that breaks off', () => {
  test.each(['GET', 'PUT', 'DELETE'])('is asked again for a %s', async (method) => {
    const site = await startBehind(breaksOnce);
    const answer = await site.client.send(method === 'GET' ? {} : { method, body: 'text' });
    expect([answer.status, answer.body]).toEqual([200, 'good']);
    expect(site.asked).toEqual([method, method]);
  });

  test.each(['POST', 'PATCH'])('is asked once for a %s, and its client gets a 502', async (method) => {
    const site = await startBehind(breaksOnce);
    // Also on a connection that was used before.
    await site.client.send({ path: '/health' });
    const answer = await site.client.send({ method, body: 'x' });
    expect(answer.status).toBe(502);
    expect(answer.headers['x-failed-as']).toBeUndefined();
    expect(site.asked).toEqual([method]);
  });

  test('is asked again for a POST with an Idempotency-Key, if the site says so', async () => {
    const call = { method: 'POST', body: 'x', headers: { 'Idempotency-Key': 'order-1' } };
    const on = await startBehind(breaksOnce, { IDEMPOTENCY_KEY: 'on' });
    expect((await on.client.send(call)).status).toBe(200);
    expect(on.asked).toEqual(['POST', 'POST']);
    const off = await startBehind(breaksOnce);
    expect((await off.client.send(call)).status).toBe(502);
    expect(off.asked).toEqual(['POST']);
  });

  test('each time is given up after two tries', async () => {
    const site = await startBehind((request) => void request.socket.destroy());
    const answer = await site.client.send();
    expect([answer.status, answer.headers['x-failover-reason']]).toEqual([502, 'site-broke-off']);
    expect(site.asked).toHaveLength(2);
  });

  test('in the middle of its answer is asked again', async () => {
    const site = await startBehind((request, response, count) => {
      if (count > 1) return good(response);
      response.writeHead(200, { 'Content-Length': '4' });
      response.write('go', () => request.socket.destroy());
    });
    expect(await site.client.send()).toMatchObject({ status: 200, body: 'good' });
    expect(site.asked).toHaveLength(2);
  });
});

test('a body of 20 KB can be repeated, one of 100 KB arrives but cannot', async () => {
  const reads = (request: IncomingMessage, response: ServerResponse, count: number) =>
    void request.resume().on('end', () => breaksOnce(request, response, count));
  const small = await startBehind(reads);
  expect((await small.client.send({ method: 'PUT', body: 'x'.repeat(20_000) })).status).toBe(200);
  const large = await startBehind(reads);
  expect((await large.client.send({ method: 'PUT', body: 'x'.repeat(100_000) })).status).toBe(502);
  expect(large.asked).toEqual(['PUT']);
});

describe('a primary that hangs', () => {
  test('is marked down within 3 s, and what hangs on it is repeated', async () => {
    const primary = await startApi({ SITE: 'primary' });
    const standby = await startApi({ SITE: 'standby' });
    const site = await startHaproxy(haproxy, { primary: primary.port, standby: standby.port });
    const client = new Client(site);
    await client.send();
    const start = performance.now();
    primary.process.kill('SIGSTOP');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, count) =>
        client.send(count % 2 ? { id: `get-${count}` } : { id: `put-${count}`, method: 'PUT', body: 'x' }),
      ),
    );
    const seconds = (performance.now() - start) / 1000;
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, site: 'standby' });
    expect(seconds).toBeLessThan(20);
    expect(executed(standby)).toHaveLength(50);
  });

  test('for 1.5 s is left alone', async () => {
    const primary = await startApi({ SITE: 'primary' });
    const standby = await startApi({ SITE: 'standby' });
    const site = await startHaproxy(haproxy, { primary: primary.port, standby: standby.port });
    const client = new Client(site);
    primary.process.kill('SIGSTOP');
    const answers = Promise.all(Array.from({ length: 20 }, () => client.send()));
    // The stall itself is what is tested, so there is nothing else to wait for.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    primary.process.kill('SIGCONT');
    for (const answer of await answers) expect(answer).toMatchObject({ status: 200, site: 'primary' });
    expect(site.log.all.filter((line) => line.includes('service/primary is DOWN'))).toEqual([]);
  });
});
