import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { httpWitness } from '../../../lambda/adapters/http-witness.ts';
import { silentLog } from '../../support/in-memory.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function listening(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const look = (url: string) => httpWitness(url, silentLog, 1).look();

test.each([200, 301, 404, 503])('a site that answers %i is there', async (status) => {
  const address = await listening((_, response) => response.writeHead(status, { location: '/' }).end('x'));
  expect(await look(`http://${address}/`)).toBe('reachable');
});

test('a site that nobody listens for is not', async () => {
  const address = await listening(() => {});
  server?.close();
  expect(await look(`http://${address}/`)).toBe('unreachable');
});

test('a site that cuts every connection is not, and is asked three times', async () => {
  let asked = 0;
  const address = await listening(({ socket }) => {
    asked += 1;
    socket.destroy();
  });
  expect(await look(`http://${address}/`)).toBe('unreachable');
  expect(asked).toBe(3);
});

test('one answer of three is enough', async () => {
  let asked = 0;
  const address = await listening(({ socket }, response) => {
    asked += 1;
    if (asked < 3) socket.destroy();
    else response.end();
  });
  expect(await look(`http://${address}/`)).toBe('reachable');
});

test('something that speaks TLS badly is there', async () => {
  const address = await listening((_, response) => response.end());
  expect(await look(`https://${address}/`)).toBe('reachable');
});

test('a name that does not resolve proves nothing', async () => {
  expect(await look('http://no-such-site.invalid/')).toBeUndefined();
});
