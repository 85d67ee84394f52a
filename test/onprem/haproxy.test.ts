import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../../drill/kit/tcp-ports.ts';
import { findParts } from '../../drill/parts/find.ts';
import type { Program } from '../../drill/parts/program.ts';
import { executed, startApi, startHaproxy } from './site.ts';

let haproxy: Program;
beforeAll(async () => {
  ({ haproxy } = await findParts(['haproxy']));
}, 180_000);

/** Two API processes behind a HAProxy of their own. */
async function startSite() {
  const [primaryPort] = await freePorts(1);
  const startPrimary = () => startApi({ SITE: 'primary', PORT: String(primaryPort) });
  const primary = await startPrimary();
  const standby = await startApi({ SITE: 'standby' });
  const proxy = await startHaproxy(haproxy, { primary: primary.port, standby: standby.port });
  return { ...proxy, primary, standby, startPrimary };
}

/** The status of an answer, or `closed` if the connection broke without one. */
async function outcome(url: string, init: RequestInit = {}): Promise<number | 'closed'> {
  try {
    const answer = await fetch(url, init);
    await answer.text();
    return answer.status;
  } catch {
    return 'closed';
  }
}

describe('a crash of the primary', () => {
  test('moves traffic to the standby and back; no GET is lost, no POST is executed twice', async () => {
    const site = await startSite();
    expect((await fetch(site.url)).headers.get('x-site')).toBe('primary');

    const answers = new Map<string, number | 'closed'>();
    let stop = false;
    const client = async (name: string, method: string) => {
      for (let count = 0; !stop; count++) {
        const requestId = `${name}-${count}`;
        answers.set(requestId, await outcome(site.url, { method, headers: { 'X-Request-Id': requestId } }));
      }
    };
    const clients = ['get-1', 'get-2', 'put-1', 'post-1', 'post-2'].map((name) =>
      client(name, (name.split('-')[0] ?? '').toUpperCase()),
    );
    await site.primary.journal.having('"post-1-20"');
    site.primary.process.kill('SIGKILL');
    await site.log.having('Server service/primary is DOWN');
    await site.standby.journal.having('"executed"');

    const seen = site.log.all.length;
    const returned = await site.startPrimary();
    await site.log.having('Server service/primary is UP', seen);
    await returned.journal.having('"executed"');
    stop = true;
    await Promise.all(clients);

    const executions = () => [site.primary, site.standby, returned].flatMap(executed);
    const answered = [...answers].filter(([, status]) => status === 200).map(([requestId]) => requestId);
    // The last records may still be on their way to us.
    const unrecorded = () => {
      const recorded = new Set(executions());
      return answered.filter((requestId) => !recorded.has(requestId));
    };
    await expect.poll(unrecorded, { timeout: 40_000 }).toEqual([]);
    const posts = executions().filter((requestId) => requestId.startsWith('post-'));
    expect(posts).toHaveLength(new Set(posts).size);
    const failed = [...answers].filter(([, status]) => status !== 200);
    // What was in the primary's hands when it died may have been executed: only its client can decide.
    expect(failed.filter(([requestId]) => !requestId.startsWith('post-'))).toEqual([]);
  });

  test('is noticed without any traffic', async () => {
    const site = await startSite();
    const start = performance.now();
    site.primary.process.kill('SIGKILL');
    await site.log.having('Server service/primary is DOWN');
    expect((performance.now() - start) / 1000).toBeLessThan(20);
    expect((await fetch(site.url)).headers.get('x-site')).toBe('standby');
  });
});

test('a server that breaks off is asked once for a POST, and again for a GET', async () => {
  const asked: string[] = [];
  const breaking = createServer((request, response) => {
    if (request.url === '/health') {
      response.end('ok');
    } else {
      asked.push(request.method ?? '');
      request.socket.destroy();
    }
  });
  breaking.listen(0, '127.0.0.1');
  await once(breaking, 'listening');
  onTestFinished(() => void breaking.close());
  const standby = await startApi({ SITE: 'standby' });
  const { url } = await startHaproxy(haproxy, {
    primary: (breaking.address() as AddressInfo).port,
    standby: standby.port,
  });
  for (const method of ['POST', 'PATCH']) {
    expect(await outcome(url, { method, body: 'x' })).toBe(502);
  }
  expect(asked).toEqual(['POST', 'PATCH']);
  await outcome(url);
  expect(asked.filter((method) => method === 'GET').length).toBeGreaterThan(1);
});

test('a request id is given to those without one, and kept for the rest', async () => {
  const site = await startSite();
  expect((await fetch(site.url)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  const kept = await fetch(site.url, { headers: { 'X-Request-Id': 'order-4711' } });
  expect(kept.headers.get('x-request-id')).toBe('order-4711');
  await site.log.having('id=order-4711');
  expect(await site.log.having('id=order-4711')).toContain('service/primary');
});

test('the metrics hold what the rules read, and the stats page only shows', async () => {
  const site = await startSite();
  const metrics = await (await fetch(site.metricsUrl)).text();
  for (const server of ['primary', 'standby']) {
    expect(metrics).toContain(`haproxy_server_status{proxy="service",server="${server}",state="UP"} 1`);
  }
  const page = await (await fetch(site.statsUrl)).text();
  expect(page.includes('service/primary')).toBe(true);
  // The forms that set a server's state are posted; what is left filters the view.
  expect(/method="post"/i.test(page)).toBe(false);
});

test('V2: a soft stop ends with 0', async () => {
  const site = await startSite();
  await fetch(site.url);
  const exited = once(site.process, 'exit');
  site.process.kill('SIGUSR1');
  expect(await exited).toEqual([0, null]);
});
