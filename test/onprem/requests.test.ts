import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../../drill/kit/tcp-ports.ts';
import { findParts } from '../../drill/parts/find.ts';
import type { Program } from '../../drill/parts/program.ts';
import { startBehind } from './behind.ts';
import { Client, parked } from './clients.ts';
import { executed, startApi, startHaproxy } from './site.ts';

let haproxy: Program;
beforeAll(async () => {
  ({ haproxy } = await findParts(['haproxy']));
}, 180_000);

const good = (_: unknown, response: ServerResponse) => void response.end('good');

/** Sends these bytes, closes its own direction at once if told to, and reads until the other side closes. */
async function exchange(port: number, bytes: string, { halfClose = false } = {}): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let got = '';
  socket.setEncoding('utf8').on('data', (text) => {
    got += text;
  });
  if (halfClose) socket.end(bytes);
  else socket.write(bytes);
  await once(socket, 'end');
  socket.destroy();
  return got;
}

const raw = (lines: readonly string[], body = '') =>
  `${['GET / HTTP/1.1', 'Host: x', ...lines].join('\r\n')}\r\n\r\n${body}`;

describe('R8: a client that has sent all and closes its direction is answered', () => {
  test.each(['GET', 'POST', 'PUT'])('%s', async (method) => {
    const site = await startBehind(
      haproxy,
      (_, response) => void setTimeout(() => response.end('good'), 200),
    );
    const bytes = `${method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi`;
    expect(await exchange(site.port, bytes, { halfClose: true })).toMatch(/^HTTP\/1.1 200 OK[\s\S]*good$/);
    expect(site.asked).toEqual([method]);
  });
});

describe('R9: a change to HTTP/2 in the middle of a connection', () => {
  test.each(['h2c', 'H2C'])('Upgrade: %s is not passed on', async (upgrade) => {
    const seen: unknown[] = [];
    const site = await startBehind(haproxy, ({ headers }, response) => {
      seen.push([headers.upgrade, headers['http2-settings']]);
      response.end('plain');
    });
    // What passes it on gets the primary's word that from here on the connection is its own.
    site.server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
    const fields = [
      `Upgrade: ${upgrade}`,
      'Connection: Upgrade, HTTP2-Settings, close',
      'HTTP2-Settings: AAMAAABk',
    ];
    expect(await exchange(site.port, raw(fields))).toMatch(/^HTTP\/1.1 200 OK[\s\S]*plain$/);
    expect(seen).toEqual([[undefined, undefined]]);
  });
});

describe('R11: the id of a request is one harmless value', () => {
  test.each([
    ['a second one that forges a line', ['good', 'evil "GET /forged" id=admin']],
    ['a second one that is harmless', ['one', 'two']],
    ['a list', ['one,two']],
    ['3,000 bytes', ['x'.repeat(3000)]],
    ['a control character', ['a\u001b[31m']],
    ['spaces', ['a b']],
    ['nothing', ['']],
    ['non-ASCII letters', ['é']],
  ])('%s is replaced', async (_, values) => {
    const ids: unknown[] = [];
    const site = await startBehind(haproxy, ({ headers }, response) => {
      ids.push(headers['x-request-id']);
      response.end('good');
    });
    await exchange(site.port, raw([...values.map((value) => `X-Request-Id: ${value}`), 'Connection: close']));
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    const line = await site.log.having(`id=${ids[0]}`);
    expect(line).not.toContain('forged');
    expect(line.match(/id=/g)).toHaveLength(1);
  });

  test('a path with a quote cannot forge one either', async () => {
    const site = await startBehind(haproxy, good);
    await exchange(site.port, 'GET /"id=admin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await site.log.having('id=admin')).toMatch(/ id=[0-9a-f-]{36} "GET \/\S22id=admin HTTP\/1.1"/);
  });
});

test('R10: what one hop says to the other cannot be said by a client', async () => {
  const site = await startBehind(
    haproxy,
    (request, response) => void response.end(JSON.stringify(request.headers)),
  );
  const answer = await exchange(
    site.port,
    raw([
      'X-Failover-Kind: repeatable',
      'X-Parking-Turns: 9',
      'X-Request-Start: t=1',
      'Connection: close',
    ]).replace('GET', 'POST'),
  );
  expect(answer).not.toContain('"x-parking-turns":"9"');
  expect(answer).not.toContain('"x-request-start":"t=1"');
  expect(answer).not.toContain('repeatable');
});

test('R12: as many header fields in a request as HAProxy takes by itself', async () => {
  const site = await startBehind(
    haproxy,
    (request, response) => void response.end(String(request.rawHeaders.length / 2)),
  );
  for (const count of [60, 96, 98, 99]) {
    const fields = Array.from({ length: count }, (_, at) => `X-${at}: v`);
    // Host and Connection are fields too.
    expect(await exchange(site.port, raw([...fields, 'Connection: close'])), `${count}`).toMatch(
      /^HTTP\/1.1 200/,
    );
  }
});

describe('R13: the health path is never parked, with a query or without', () => {
  test.each([
    ['/health?deep=1', '/health?deep=1'],
    ['/health?deep=1', '/health'],
    ['/health', '/health?x=1'],
  ])('HEALTH_PATH=%s, asked for %s', async (path, asked) => {
    const [primary = 0, standby = 0] = await freePorts(2);
    const site = await startHaproxy(haproxy, { primary, standby }, { HEALTH_PATH: path });
    await site.log.having('Server service/primary is DOWN');
    await site.log.having('Server service/standby is DOWN');
    const answer = await new Client(site).send({ path: asked });
    expect([answer.status, answer.headers['x-failover-reason']]).toEqual([503, 'no-site-serves']);
    expect(answer.headers['retry-after']).toBe('5');
  });
});

describe('R14: a request that ends its server', () => {
  /** A site that one request ends, as a crash does: its connections break, and nobody listens any more. */
  async function mortal() {
    const server = createServer((request, response) => {
      if (request.url !== '/poison') return void response.end('good');
      deaths += 1;
      server.close();
      server.closeAllConnections();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }
  let deaths = 0;

  test('is sent to the other site once, and to nobody after the second death', async () => {
    deaths = 0;
    const ports = { primary: await mortal(), standby: await mortal() };
    const site = await startHaproxy(haproxy, ports);
    const answer = await new Client(site).send({ path: '/poison' });
    expect([answer.status, answer.headers['x-failover-reason']]).toEqual([502, 'site-broke-off']);
    expect(deaths).toBe(2);
  });

  test('is sent to nobody else if it is a POST', async () => {
    deaths = 0;
    const ports = { primary: await mortal(), standby: await mortal() };
    const client = new Client(await startHaproxy(haproxy, ports));
    expect((await client.send({ path: '/poison', method: 'POST', body: 'x' })).status).toBe(502);
    expect(deaths).toBe(1);
    expect(await client.send()).toMatchObject({ status: 200, site: 'standby' });
  });
});

test('R5: a POST that is refused in the moment of the death waits as long as the others, and is sent once', async () => {
  const [standbyPort = 0] = await freePorts(1);
  const primary = await startApi({ SITE: 'primary' });
  const site = await startHaproxy(
    haproxy,
    { primary: primary.port, standby: standbyPort },
    { PARK_SECONDS: '60', RESPONSE_TIMEOUT: '61s' },
  );
  primary.process.kill('SIGKILL');
  await once(primary.process, 'exit');
  const answers = ['POST', 'PATCH'].map((method) => new Client(site).send({ method, id: method, body: 'x' }));
  await expect.poll(() => parked(site), { timeout: 40_000 }).toBe(2);
  // Longer than any time limit of a hop but those two.
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const standby = await startApi({ SITE: 'standby', PORT: String(standbyPort) });
  for (const answer of await Promise.all(answers))
    expect([answer.status, answer.site]).toEqual([200, 'standby']);
  expect(executed(standby).sort()).toEqual(['PATCH', 'POST']);
});
