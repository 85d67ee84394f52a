import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { close, listen } from '../../../drill/kit/http.ts';
import { type Link, startLink } from '../../../drill/kit/relay.ts';

const server = createServer((_request, response) => response.end('here'));
let link: Link;
beforeAll(async () => {
  link = await startLink(await listen(server));
});
afterAll(async () => {
  await link.stop();
  await close(server);
});

const ask = async () => (await fetch(`http://127.0.0.1:${link.port}/`)).text();

test('a link lets through, is cut, and comes back', async () => {
  expect(await ask()).toBe('here');
  link.cut();
  await expect(ask()).rejects.toThrow();
  await expect(ask()).rejects.toThrow();
  link.restore();
  expect(await ask()).toBe('here');
});

test('a cut breaks what is under way', async () => {
  const silent = createServer(() => {});
  const slow = await startLink(await listen(silent));
  const answer = fetch(`http://127.0.0.1:${slow.port}/`);
  const failed = expect(answer).rejects.toThrow();
  await new Promise((resolve) => silent.once('request', resolve));
  slow.cut();
  await failed;
  await slow.stop();
  await close(silent);
});

test('nobody at the far end is a reset at the near one', async () => {
  const [gone] = [createServer()];
  const port = await listen(gone);
  await close(gone);
  const dead = await startLink(port);
  await expect(fetch(`http://127.0.0.1:${dead.port}/`)).rejects.toThrow();
  await dead.stop();
});
