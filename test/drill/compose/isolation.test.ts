import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { type Attempt, checkPages, judge } from '../../../drill/compose/isolation.ts';
import { answering, listen } from '../../bin/servers.ts';

const attempt = (host: string, port: number, outcome: string): Attempt => ({ host, port, outcome });
const service = attempt('haproxy', 8080, 'open');
const closed = [
  attempt('alertmanager', 9093, 'ENOTFOUND'),
  attempt('172.20.0.3', 9093, 'no answer'),
  attempt('haproxy', 8404, 'ECONNREFUSED'),
];

test('S1: an application that reaches only the service is isolated', () => {
  expect(judge([service, ...closed])).toMatchObject({
    held: true,
    observed: expect.stringContaining('3 of 3'),
  });
});

test.each<[string, Attempt[], string]>([
  [
    'reaches Alertmanager by its address',
    [service, ...closed, attempt('172.20.0.9', 9093, 'open')],
    '172.20.0.9:9093',
  ],
  [
    'could not have connected to anything',
    [attempt('haproxy', 8080, 'ENETUNREACH'), ...closed],
    'ENETUNREACH',
  ],
])('S1: an application that %s is not shown to be isolated', (_, attempts, observed) => {
  expect(judge(attempts)).toMatchObject({ held: false, observed: expect.stringContaining(observed) });
});

test('S1: nothing tried proves nothing', () => expect(judge([service]).held).toBe(false));

test('S1: pages that an operator reaches, and pages that fail or are away', async () => {
  const page = async (status: number) =>
    `http://127.0.0.1:${await listen(createServer(answering(status, '')))}/`;
  const [good, bad] = [await page(200), await page(503)];
  expect(await checkPages([good])).toMatchObject({ held: true, observed: '1 of 1' });
  expect(await checkPages([good, bad])).toMatchObject({ held: false, observed: `${bad} answers 503` });
  // A port that fetch itself refuses.
  expect(await checkPages(['http://127.0.0.1:1/'])).toMatchObject({ held: false });
  expect(await checkPages([])).toMatchObject({ held: false });
});
