import type { ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../../drill/kit/tcp-ports.ts';
import { findParts } from '../../drill/parts/find.ts';
import type { Program } from '../../drill/parts/program.ts';
import { startBehind } from './behind.ts';
import { Client, metric, parked } from './clients.ts';
import { startHaproxy } from './site.ts';

let haproxy: Program;
beforeAll(async () => {
  ({ haproxy } = await findParts(['haproxy']));
}, 180_000);

const few = { PRIMARY_MAXCONN: '8', STANDBY_MAXCONN: '8', REQUESTS_MAX: '12' };
const good = (_: unknown, response: ServerResponse) => void response.end('good');

/** Opens connections that each send these bytes, and keeps them open until the test ends. */
function open(port: number, count: number, bytes: string, from = '127.0.0.1'): Socket[] {
  const sockets = Array.from({ length: count }, () =>
    connect({ port, host: '127.0.0.1', localAddress: from }).on('error', () => {}),
  );
  for (const socket of sockets) socket.write(bytes);
  onTestFinished(() => void sockets.map((socket) => socket.destroy()));
  return sockets;
}

const websocket =
  'GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const events = 'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n';

describe('R2: streams take no places from short requests', () => {
  test.each([
    ['WebSockets', websocket],
    ['event streams', events],
  ])('%s', async (_, bytes) => {
    let streams = 0;
    const site = await startBehind(
      haproxy,
      (request, response) => {
        if (request.url !== '/events') return void response.end('good');
        streams += 1;
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n');
      },
      few,
    );
    site.server.on('upgrade', (_request, socket) => {
      streams += 1;
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    open(site.port, 100, bytes);
    await expect.poll(() => streams, { timeout: 40_000 }).toBe(100);
    for (const path of ['/', '/health']) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => site.client.send({ path })));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    }
  });

  test('and have bounds of their own, that say so', async () => {
    const site = await startBehind(haproxy, (_, response) => void response.writeHead(200).write('data'), {
      STREAMS_MAX: '5',
      STREAMS_MAX_PER_SOURCE: '3',
    });
    open(site.port, 3, events, '127.0.0.2');
    await expect.poll(() => site.asked.length, { timeout: 40_000 }).toBe(3);
    const reason = async (from: string) => {
      const [socket] = open(site.port, 1, events, from);
      return new Promise<string>((resolve) => socket?.once('data', (text) => resolve(String(text))));
    };
    expect(await reason('127.0.0.2')).toContain('too-many-streams-of-one-source');
    open(site.port, 2, events, '127.0.0.3');
    await expect.poll(() => site.asked.length, { timeout: 40_000 }).toBe(5);
    expect(await reason('127.0.0.4')).toContain('streams-full');
  });
});

describe('R3: who sends slowly keeps nobody from being served', () => {
  test.each([
    ['a small body', 'Content-Length: 100\r\n'],
    ['a large body', 'Content-Length: 1000000\r\n'],
    ['a body of unknown size', 'Transfer-Encoding: chunked\r\n'],
  ])('%s', async (_, length) => {
    const site = await startBehind(
      haproxy,
      (request, response) => void request.resume().on('end', () => good(request, response)),
      few,
    );
    for (const method of ['POST', 'PUT'])
      open(site.port, 100, `${method} / HTTP/1.1\r\nHost: x\r\n${length}\r\n5\r\n`);
    await expect
      .poll(() => metric(site, 'haproxy_frontend_current_sessions{proxy="clients"}'), { timeout: 40_000 })
      .toBe(200);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => site.client.send(at % 2 ? {} : { method: 'POST', body: 'x' })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });
});

test('a slow application uses up places of one source only as far as its bound, and the refusal says so', async () => {
  const site = await startBehind(
    haproxy,
    (request, response) => void (request.url === '/slow' || good(request, response)),
    {
      REQUESTS_MAX_PER_SOURCE: '5',
    },
  );
  open(site.port, 5, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n', '127.0.0.2');
  await expect.poll(() => site.asked.length, { timeout: 40_000 }).toBe(5);
  const [socket] = open(site.port, 1, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', '127.0.0.2');
  expect(String(await new Promise((resolve) => socket?.once('data', resolve)))).toContain(
    'too-many-requests-of-one-source',
  );
  expect((await site.client.send()).status).toBe(200);
});

test('R4: one source cannot use up the places of all who wait, over HTTP/2 either', async () => {
  const [primary = 0, standby = 0] = await freePorts(2);
  const env = { PARK_MAX: '300', PARK_MAX_PER_SOURCE: '200' };
  const site = await startHaproxy(haproxy, { primary, standby }, env);
  await site.log.having('Server service/primary is DOWN');
  await site.log.having('Server service/standby is DOWN');
  const reasons: unknown[] = [];
  for (let at = 0; at < 5; at++) {
    const session = connectHttp2(`http://127.0.0.1:${site.port}`, {
      createConnection: () => connect({ port: site.port, host: '127.0.0.1', localAddress: '127.0.0.2' }),
    });
    session.on('error', () => {});
    onTestFinished(() => session.destroy());
    for (let count = 0; count < 100; count++) {
      const stream = session.request({ ':path': '/' });
      stream.on('error', () => {});
      stream.on('response', (headers) => reasons.push(headers['x-failover-reason']));
    }
  }
  await expect.poll(() => reasons.length, { timeout: 40_000 }).toBe(300);
  expect(new Set(reasons)).toEqual(new Set(['parking-full-for-source']));
  expect(await parked(site)).toBe(200);
  const other = new Client(site).send();
  await expect.poll(() => parked(site), { timeout: 40_000 }).toBe(201);
  void other;
});
