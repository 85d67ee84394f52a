import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { close, listen } from '../../../drill/kit/http.ts';
import type { RequestResult } from '../../../drill/load/account.ts';
import { createDigest } from '../../../drill/load/digest.ts';
import { startLoad } from '../../../drill/load/load.ts';
import type { LoadEvent } from '../../../drill/load/messages.ts';
import { temporaryFolder } from '../cloud/fixture.ts';

const folder = temporaryFolder();
let server: Server | undefined;
afterEach(async () => {
  if (server) await close(server);
});
afterAll(folder.remove);

async function load(
  answer: (response: ServerResponse, number: number) => void,
  requestsPerSecond: number,
  seconds: number,
  timeoutSeconds = 30,
) {
  let number = 0;
  server = createServer((request, response) => {
    request.resume();
    answer(response.setHeader('X-Served-By', 'primary/a'), number++);
  });
  const port = await listen(server);
  const events: LoadEvent[] = [];
  const settings = {
    url: `http://127.0.0.1:${port}/`,
    requestsPerSecond,
    timeoutSeconds,
    resultsFile: join(folder.path, 'results'),
  };
  const running = await startLoad(settings, (event) => events.push(event));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return { results: await running.finish(), events };
}

describe('the load generator', () => {
  test('keeps 500 requests a second, of all methods, each with an id of its own', async () => {
    const { results, events } = await load((response) => response.end('ok'), 500, 3);
    const started = events.find((event) => event.type === 'started');
    const seconds = events.filter((event) => event.type === 'second');
    const duration = ((seconds.at(-1)?.at ?? 0) - (started?.at ?? 0)) / 1000;
    expect(duration).toBeGreaterThanOrEqual(3);
    // Measured against the clock: a machine that stalls catches up, and never sends more than is due.
    expect(results.length / duration).toBeGreaterThan(450);
    expect(results.length / duration).toBeLessThanOrEqual(501);
    expect(new Set(results.map(({ requestId }) => requestId)).size).toBe(results.length);
    expect(results.every(({ status, servedBy }) => status === 200 && servedBy === 'primary/a')).toBe(true);
    const share = (method: string) => results.filter((one) => one.method === method).length / results.length;
    expect([share('GET'), share('PUT'), share('POST')].map((value) => Math.round(value * 10))).toEqual([
      8, 1, 1,
    ]);
  });

  test('slow answers do not slow the rate', async () => {
    const { results } = await load((response) => setTimeout(() => response.end('ok'), 1500), 100, 2);
    expect(results.length).toBeGreaterThan(180);
    expect(Math.max(...results.map(({ start, end }) => end - start))).toBeGreaterThanOrEqual(1490);
  });

  test('no answer and a broken answer are recorded with their reason', async () => {
    const { results } = await load(
      (response, number) => {
        if (number % 3 === 0) response.destroy();
        else if (number % 3 === 1)
          response.writeHead(200, { 'content-length': 10 }).write('half', () => response.destroy());
      },
      30,
      1,
      0.5,
    );
    const errors = new Set(results.map(({ status, error }) => `${status} ${error}`));
    expect(errors).toEqual(new Set(['null ECONNRESET', 'null ETIMEDOUT']));
  });
});

test('the digest tells where answers come from, and when errors begin and end', () => {
  const events: LoadEvent[] = [];
  const digest = createDigest((event) => events.push(event));
  const result = (end: number, status: number | null, servedBy: string | null): RequestResult => ({
    requestId: `r${end}`,
    method: 'GET',
    start: end - 5,
    end,
    status,
    servedBy,
    error: null,
  });
  const all = [
    result(10, 200, 'primary/a'),
    result(20, null, null),
    result(30, 503, null),
    result(40, 200, 'standby/b'),
  ];
  for (const one of all) {
    digest.sent(1);
    digest.ended(one);
  }
  digest.tick(50);
  expect(events).toEqual([
    { type: 'site-changed', at: 10, site: 'primary', previous: undefined },
    { type: 'errors-began', at: 20, result: all[1] },
    { type: 'errors-ended', at: 40, errors: 2 },
    { type: 'site-changed', at: 40, site: 'standby', previous: 'primary' },
    {
      type: 'second',
      at: 50,
      sent: 4,
      ok: 2,
      failed: 2,
      inFlight: 0,
      slowestMs: 5,
      lateMs: 1,
      bySite: { primary: 1, standby: 1 },
    },
  ]);
});
