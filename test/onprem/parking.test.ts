import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../drill/kit/tcp-ports.ts';
import { findParts } from '../../drill/parts/find.ts';
import type { Program } from '../../drill/parts/program.ts';
import { Client, metric, parked, peakMemoryMiB } from './clients.ts';
import { executed, startApi, startHaproxy } from './site.ts';

let haproxy: Program;
beforeAll(async () => {
  ({ haproxy } = await findParts(['haproxy']));
}, 180_000);

/** HAProxy in front of two sites that both sleep. */
async function startSleeping(env: Record<string, string> = {}) {
  const [primary = 0, standby = 0] = await freePorts(2);
  const site = await startHaproxy(haproxy, { primary, standby }, env);
  await site.log.having('Server service/primary is DOWN');
  await site.log.having('Server service/standby is DOWN');
  // V5: and parking.lua has seen it, which looks every 20 ms: until then a request goes round once more.
  await expect
    .poll(() => metric(site, 'haproxy_server_limit_sessions{proxy="parking",server="holding"}'), {
      timeout: 40_000,
    })
    .toBe(1);
  const wake = (name: 'primary' | 'standby') =>
    startApi({ SITE: name, PORT: String(name === 'primary' ? primary : standby) });
  return { ...site, wake, client: new Client(site) };
}

const waiting = (site: Parameters<typeof parked>[0], count: number) =>
  expect.poll(() => parked(site), { timeout: 40_000, interval: 20 }).toBe(count);

describe('while no site serves', () => {
  test.each(['primary', 'standby'] as const)(
    'requests wait for the %s, and each is sent once',
    async (name) => {
      const site = await startSleeping();
      const calls = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'].flatMap((method, at) =>
        Array.from({ length: 4 }, (_, count) => ({ method, id: `r-${at}-${count}` })),
      );
      const answers = Promise.all(
        calls.map((call) => site.client.send(call.method === 'GET' ? call : { ...call, body: 'text' })),
      );
      await waiting(site, calls.length);
      const api = await site.wake(name);
      for (const { status, site: by } of await answers) expect([status, by]).toEqual([200, name]);
      expect(executed(api).sort()).toEqual(calls.map(({ id }) => id).sort());
      expect(await parked(site)).toBe(0);
    },
  );

  test('a body larger than a buffer waits too', async () => {
    const site = await startSleeping();
    const answers = ['PUT', 'POST'].map((method) => site.client.send({ method, body: 'x'.repeat(500_000) }));
    await waiting(site, 2);
    await site.wake('standby');
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
  });

  test('the health path is answered at once', async () => {
    const site = await startSleeping();
    const answer = await site.client.send({ path: '/health' });
    expect([answer.status, answer.headers['x-failover-reason']]).toEqual([503, 'no-site-serves']);
    expect(answer.seconds).toBeLessThan(10);
  });

  test('V3: a client that leaves frees its place, and nothing is executed for it', async () => {
    const site = await startSleeping({ PARK_MAX: '40' });
    const leaving = Array.from({ length: 40 }, () => connect(site.port, '127.0.0.1'));
    for (const socket of leaving) socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx');
    await waiting(site, 40);
    expect((await site.client.send()).headers['x-failover-reason']).toBe('parking-full');
    for (const socket of leaving) socket.destroy();
    await expect
      .poll(() => metric(site, 'haproxy_backend_current_sessions{proxy="parking"}'), { timeout: 40_000 })
      .toBe(0);
    await waiting(site, 0);
    const staying = site.client.send({ id: 'stays' });
    await waiting(site, 1);
    const api = await site.wake('standby');
    expect((await staying).status).toBe(200);
    expect(executed(api)).toEqual(['stays']);
  });
});

describe('a bound', () => {
  const refused = async (site: { client: Client }, reason: string) => {
    const answer = await site.client.send();
    expect(answer.status).toBe(503);
    expect(answer.headers['x-failover-reason']).toBe(reason);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    return answer.seconds;
  };

  test('of time: each request has its own', async () => {
    const site = await startSleeping({ PARK_SECONDS: '1' });
    const seconds = await Promise.all(Array.from({ length: 5 }, () => refused(site, 'parking-time-over')));
    for (const one of seconds) expect(one).toBeGreaterThanOrEqual(0.95);
    for (const one of seconds) expect(one).toBeLessThan(15);
    expect(await parked(site)).toBe(0);
  });

  test('of zero switches parking off', async () => {
    const site = await startSleeping({ PARK_SECONDS: '0' });
    expect(await refused(site, 'parking-off')).toBeLessThan(10);
  });

  test('of count refuses at once, and shows in the metrics', async () => {
    const site = await startSleeping({ PARK_MAX: '2' });
    const held = Array.from({ length: 2 }, () => site.client.send());
    await waiting(site, 2);
    expect(await refused(site, 'parking-full')).toBeLessThan(10);
    await site.wake('standby');
    for (const { status } of await Promise.all(held)) expect(status).toBe(200);
    expect(await metric(site, 'haproxy_server_sessions_total{proxy="parking",server="holding"}')).toBe(2);
    expect(await metric(site, 'haproxy_backend_http_responses_total{proxy="parking",code="5xx"}')).toBe(1);
  });
});

test('a POST that finds its server gone waits, and is executed once', async () => {
  const [standbyPort = 0] = await freePorts(1);
  const primary = await startApi({ SITE: 'primary' });
  const site = await startHaproxy(haproxy, { primary: primary.port, standby: standbyPort });
  primary.process.kill('SIGKILL');
  await once(primary.process, 'exit');
  // HAProxy does not know yet: it learns it from this request, or holds it until the checks have seen it.
  const client = new Client(site);
  const answer = client.send({ method: 'POST', id: 'order', body: 'x'.repeat(100_000) });
  await waiting(site, 1);
  await site.log.having('Server service/primary is DOWN');
  const standby = await startApi({ SITE: 'standby', PORT: String(standbyPort) });
  expect(await answer).toMatchObject({ status: 200, site: 'standby' });
  expect(executed(standby)).toEqual(['order']);
});

test('5,000 wait at once and are all released', async () => {
  const site = await startSleeping({ PARK_SECONDS: '60', PARK_MAX_PER_SOURCE: '0' });
  const methods = ['GET', 'PUT', 'POST'] as const;
  const answers = Promise.all(
    Array.from({ length: 5000 }, (_, count) => {
      const method = methods[count % 3];
      const id = `${method}-${count}`;
      return site.client.send(method === 'GET' ? { id } : { method, id, body: 'x'.repeat(300) });
    }),
  );
  await waiting(site, 5000);
  const start = performance.now();
  const api = await site.wake('standby');
  const failed = (await answers).filter(({ status }) => status !== 200);
  const seconds = (performance.now() - start) / 1000;
  const memory = peakMemoryMiB(site.process.pid ?? 0);
  console.log(
    `5,000 released within ${seconds.toFixed(1)} s of the standby's start; HAProxy ${memory.toFixed(0)} MiB`,
  );
  expect(failed).toEqual([]);
  // On a starved machine the rush may make a GET or PUT be repeated; a POST never.
  expect(new Set(executed(api)).size).toBe(5000);
  const posts = executed(api).filter((id) => id.startsWith('POST'));
  expect(posts).toHaveLength(new Set(posts).size);
  expect(memory).toBeLessThan(400);
}, 120_000);
