import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { findParts } from '../../drill/parts/find.ts';
import type { Program } from '../../drill/parts/program.ts';
import { startBehind } from './behind.ts';

let haproxy: Program;
beforeAll(async () => {
  ({ haproxy } = await findParts(['haproxy']));
}, 180_000);

type Shape = {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string;
  chunked?: boolean;
};

/** Answers of a healthy application, as large and as strange as they may be. */
const shapes: Record<string, Shape> = {
  'R1: 16,000 bytes of header fields and 16,000 of body': {
    headers: { Big: 'h'.repeat(16_000) },
    body: 'b'.repeat(16_000),
  },
  'R1: 8,000 and 24,000': { headers: { Big: 'h'.repeat(8_000) }, body: 'b'.repeat(24_000) },
  'R1: 7,000 and 24,000': { headers: { Big: 'h'.repeat(7_000) }, body: 'b'.repeat(24_000) },
  'R1: a policy of 3.4 KB, two cookies of 4 KB, a page of 23 KB': {
    headers: {
      'Content-Security-Policy': 'p'.repeat(3_400),
      'Set-Cookie': ['a='.padEnd(4_000, 'a'), 'b='.padEnd(4_000, 'b')],
    },
    body: 'b'.repeat(23_000),
  },
  'R1: 28,000 bytes of header fields, no body': { headers: { Big: 'h'.repeat(28_000) } },
  'R1: 90 header fields of 100 bytes and 20,000 of body': {
    headers: Object.fromEntries(Array.from({ length: 90 }, (_, at) => [`X-${at}`, 'v'.repeat(100)])),
    body: 'b'.repeat(20_000),
  },
  'R1: 1 MB': { body: 'b'.repeat(1_000_000) },
  'R1: 1 MB in chunks': { body: 'b'.repeat(1_000_000), chunked: true },
  'R12: 98 header fields and two of the server': {
    headers: Object.fromEntries(Array.from({ length: 96 }, (_, at) => [`X-${at}`, 'v'])),
    body: 'b',
  },
  'R10: a header of ours': { headers: { 'X-Failed-As': '504', 'X-Own-Status': '425' }, body: 'b' },
  'R10: status 425': { status: 425, body: 'b' },
  ...Object.fromEntries(
    [201, 206, 400, 401, 404, 408, 409, 421, 429, 500, 501, 502, 503, 504].map((status) => [
      `R10: status ${status} of its own`,
      { status, body: 'mine' },
    ]),
  ),
  'status 204': { status: 204 },
  'status 304 with a length': { status: 304, headers: { ETag: '"a"' } },
};

const give = (
  { status = 200, headers = {}, body = '', chunked = false }: Shape,
  response: ServerResponse,
) => {
  const length = chunked || status === 204 || status === 304 ? {} : { 'Content-Length': String(body.length) };
  response.writeHead(status, { ...headers, ...length });
  response.end(body);
};

describe('an answer of the application is passed on as it is, and was made once', () => {
  test('whatever its size, its header fields and its status', async () => {
    const names = Object.keys(shapes);
    const treat = (request: IncomingMessage, response: ServerResponse) =>
      void request
        .resume()
        .on('end', () => give(shapes[names[Number(request.url?.slice(1))] ?? ''] ?? {}, response));
    const site = await startBehind(haproxy, treat);
    for (const [at, name] of names.entries()) {
      const { status = 200, headers = {}, body = '' } = shapes[name] ?? {};
      for (const method of ['GET', 'HEAD', 'PUT', 'POST']) {
        const before = site.asked.length;
        const answer = await site.client.send({
          method,
          path: `/${at}`,
          ...(method.startsWith('P') && { body: 'x' }),
        });
        const what = `${name}, ${method}`;
        expect(answer.status, `${what}: ${answer.error ?? answer.headers['x-failover-reason']}`).toBe(status);
        expect(answer.body === (method === 'HEAD' ? '' : body), what).toBe(true);
        expect(site.asked.length - before, `${what}: executions`).toBe(1);
        expect(answer.headers, what).not.toHaveProperty('x-failed-as');
        for (const [field, value] of Object.entries(headers).filter(
          ([field]) => !/^X-(Failed|Own)/.test(field),
        ))
          expect(answer.headers[field.toLowerCase()], what).toEqual(value);
      }
    }
  });

  test('R6: however long it takes: a slow server has not failed', async () => {
    const site = await startBehind(
      haproxy,
      (_, response) => void setTimeout(() => response.end('late'), 3000),
      {
        RESPONSE_TIMEOUT: '6s',
        PARK_SECONDS: '5',
      },
    );
    expect(await site.client.send()).toMatchObject({ status: 200, body: 'late' });
    expect(site.asked).toEqual(['GET']);
  });

  test('R6: one that outlasts the limit is not asked for again, and the 504 says why', async () => {
    const site = await startBehind(haproxy, () => {}, { RESPONSE_TIMEOUT: '2s', PARK_SECONDS: '1' });
    const answer = await site.client.send();
    expect([answer.status, answer.headers['x-failover-reason']]).toEqual([504, 'no-answer-in-time']);
    expect(site.asked).toEqual(['GET']);
  });

  test('R7: an event stream may be silent for longer than an answer', async () => {
    const treat = (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('data: first\n\n');
      setTimeout(() => response.end('data: last\n\n'), 3000);
    };
    const site = await startBehind(haproxy, treat, { RESPONSE_TIMEOUT: '2s', PARK_SECONDS: '1' });
    const answer = await site.client.send({ headers: { Accept: 'text/event-stream' } });
    expect(answer).toMatchObject({ status: 200, body: 'data: first\n\ndata: last\n\n' });
  });
});
