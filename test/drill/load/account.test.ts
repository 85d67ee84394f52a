import { describe, expect, test } from 'vitest';
import {
  account,
  type Execution,
  orderOf,
  type RequestResult,
  readExecutions,
} from '../../../drill/load/account.ts';

const answered = (requestId: string, method: string, status = 200): RequestResult => ({
  requestId,
  method,
  start: 1000,
  end: 1250,
  status,
  servedBy: 'primary/a',
  error: null,
});
const silent = (requestId: string, method: string): RequestResult => ({
  ...answered(requestId, method),
  status: null,
  servedBy: null,
  error: 'ECONNRESET',
  end: 4000,
});
const ran = (...ids: string[]): Execution[] => ids.map((requestId) => ({ requestId, site: 'primary' }));

const NOTHING = { sent: 1, ok: 0, failed: 0, indeterminate: 0, executedTwice: 0 };

describe('one request', () => {
  test.each<[string, RequestResult, Execution[], object]>([
    ['a good answer', answered('a', 'GET'), ran('a'), { ok: 1 }],
    ['a good answer of which no record is left', answered('a', 'GET'), [], { ok: 1 }],
    ['no answer, and executed nowhere', silent('a', 'GET'), ran('b'), { failed: 1 }],
    ['no answer, but executed', silent('a', 'POST'), ran('a'), { indeterminate: 1 }],
    ['a bad answer, and executed nowhere', answered('a', 'PUT', 503), [], { failed: 1 }],
    ['a bad answer, but executed', answered('a', 'POST', 502), ran('a'), { indeterminate: 1 }],
    ['a redirect is no good answer', answered('a', 'GET', 302), [], { failed: 1 }],
    ['a POST that ran at both sites', answered('a', 'POST'), ran('a', 'a'), { ok: 1, executedTwice: 1 }],
    [
      'a POST without an answer that ran twice',
      silent('a', 'POST'),
      ran('a', 'a'),
      { indeterminate: 1, executedTwice: 1 },
    ],
    ['a GET that was repeated', answered('a', 'GET'), ran('a', 'a'), { ok: 1, executedTwice: 0 }],
  ])('%s', (_name, result, executions, counts) => {
    expect(account([result], executions)).toMatchObject({ ...NOTHING, ...counts });
  });
});

test('every class is balanced, and the slowest request is found among all', () => {
  const results = [
    answered('a', 'GET'),
    silent('b', 'GET'),
    answered('c', 'PUT'),
    answered('d', 'POST'),
    silent('e', 'POST'),
  ];
  expect(account(results, ran('a', 'c', 'c', 'd', 'e'))).toEqual({
    sent: 5,
    ok: 3,
    failed: 1,
    indeterminate: 1,
    executedTwice: 0,
    slowestSeconds: 3,
    order: { seconds: 0, worstRatio: 0 },
    idempotent: {
      sent: 3,
      ok: 2,
      lost: 1,
      failed: 1,
      indeterminate: 0,
      executedTwice: 1,
      firstLost: ['GET b, sent at 1970-01-01T00:00:01.000Z: no answer (ECONNRESET) after 3000 ms'],
    },
    nonIdempotent: {
      sent: 2,
      ok: 1,
      lost: 1,
      failed: 0,
      indeterminate: 1,
      executedTwice: 0,
      firstLost: ['POST e, sent at 1970-01-01T00:00:01.000Z: no answer (ECONNRESET) after 3000 ms'],
    },
  });
});

test('without a request there is nothing to account for', () => {
  expect(account([], [])).toMatchObject({ sent: 0, ok: 0, slowestSeconds: 0 });
});

test('execution records are found among other lines', () => {
  const lines = [
    '{"event":"listening","port":1}',
    '{"event":"executed","requestId":"a","site":"primary"}',
    'api-1  | {"event":"executed","requestId":"b","site":"standby"}',
    '{"event":"executed","requestId":"cut',
    'said "executed" in passing',
    '',
  ];
  expect(readExecutions(lines)).toEqual([
    { requestId: 'a', site: 'primary' },
    { requestId: 'b', site: 'standby' },
  ]);
});

describe('R15: who waited out of turn', () => {
  const waited = (second: number, waits: readonly number[]) =>
    waits.map((seconds, at) => ({
      ...answered(`${second}-${at}`, 'GET'),
      start: second * 1000 + at,
      end: second * 1000 + at + seconds * 1000,
    }));
  const many = (seconds: number, count = 100) => Array.from({ length: count }, () => seconds);

  test('is seen in the worst second in which all of many waited', () => {
    const results = [
      ...waited(1, many(2)),
      ...waited(2, [...many(2, 95), ...many(5, 5)]),
      ...waited(3, many(0.1)),
    ];
    expect(orderOf(results)).toEqual({ seconds: 2, worstRatio: 2.5 });
  });

  test('is not looked for where few came, or not all waited', () => {
    expect(orderOf([...waited(1, many(2, 99)), ...waited(2, [0.1, ...many(9)])])).toEqual({
      seconds: 0,
      worstRatio: 0,
    });
  });
});
