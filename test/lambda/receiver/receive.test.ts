import { readdirSync, readFileSync } from 'node:fs';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { Sighting } from '../../../lambda/domain/types.ts';
import { authenticate } from '../../../lambda/receiver/authenticate.ts';
import { type HttpEvent, type HttpResult, jsonErrors } from '../../../lambda/receiver/http.ts';
import { receive } from '../../../lambda/receiver/receive.ts';
import { silentLog } from '../../support/world.ts';

const now = Date.parse('2026-01-01T00:00:10Z');
const token = 'correct-horse-battery-staple-0123456789';
const recorded = new Map<string, readonly Sighting[]>();
const woken: (readonly string[])[] = [];
const order: string[] = [];
const current = vi.fn(async (_: number) => token);
const tokens = { current, previous: async () => undefined };
let recording: () => void = () => {};
let waking: () => void = () => {};

/** As handler.ts wires it, with ports in memory. */
function door(services: readonly string[]) {
  const ports = {
    evidence: {
      load: async () => ({}),
      record: async (service: string, sightings: readonly Sighting[]) => {
        recording();
        order.push('recorded');
        recorded.set(service, sightings);
      },
    },
    waker: {
      wake: async (concerned: readonly string[]) => {
        waking();
        order.push('woken');
        woken.push(concerned);
      },
    },
    clock: () => now,
    log: silentLog,
  };
  return middy<HttpEvent, HttpResult>()
    .use(jsonErrors(silentLog))
    .use(authenticate(tokens, () => now))
    .handler((event) => receive(event, services, ports));
}

async function post(body: unknown, more: Partial<HttpEvent> = {}, services = ['api', 'shop']) {
  const event = {
    headers: { authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
    ...more,
  } as HttpEvent;
  const { statusCode, body: text, headers } = await door(services)(event, {} as Context);
  return { status: statusCode, headers, answer: JSON.parse(text ?? '{}') };
}

const alert = (alertname: string, more: Record<string, unknown> = {}) => ({
  status: 'firing',
  labels: { alertname, service: 'api' },
  annotations: { observed_at: '1767225605.250' },
  startsAt: '2026-01-01T00:00:01Z',
  ...more,
});
const body = (...alerts: unknown[]) => ({ version: '4', alerts });
const evaluated = Date.parse('2026-01-01T00:00:05.250Z');

beforeEach(() => {
  recorded.clear();
  woken.length = 0;
  order.length = 0;
  current.mockClear();
  recording = () => {};
  waking = () => {};
});

describe('what an alert proves', () => {
  test.each([
    ['PrimaryDown', 'down'],
    ['PrimaryUp', 'up'],
    ['OnPremDown', 'down'],
    ['onprem_down', 'down'],
    ['onprem_recovered', 'up'],
  ])('%s firing: %s, as of its evaluation', async (name, kind) => {
    expect(await post(body(alert(name)))).toMatchObject({ status: 202, answer: { accepted: 1 } });
    expect(recorded.get('api')).toEqual([{ kind, observedAt: evaluated, arrivedAt: now }]);
    expect(woken).toEqual([['api']]);
    expect(order).toEqual(['recorded', 'woken']);
  });

  test.each(['PrimaryDown', 'PrimaryUp', 'OnPremDown', 'onprem_recovered'])(
    '%s resolved: nothing',
    async (name) => {
      const { status, answer } = await post(body(alert(name, { status: 'resolved' })));
      expect(status).toBe(202);
      expect(answer.ignored).toEqual([{ index: 0, why: 'resolved proves nothing about the primary' }]);
      expect(recorded.size + woken.length).toBe(0);
    },
  );

  test.each(['constructor', 'HighLatency'])('%s: not our business', async (name) => {
    expect((await post(body(alert(name)))).answer.ignored[0].why).toContain(name);
  });

  test.each([
    ['PrimaryDown', {}, now],
    ['PrimaryDown', { observed_at: '' }, now],
    ['PrimaryUp', {}, Date.parse('2026-01-01T00:00:01Z')],
    ['PrimaryDown', { observed_at: '99999999999' }, now],
  ])('%s with %o counts from the cautious moment', async (name, annotations, observedAt) => {
    await post(body(alert(name, { annotations })));
    expect(recorded.get('api')?.[0]?.observedAt).toBe(observedAt);
  });

  it('is about the only service if it names none', async () => {
    await post(body(alert('OnPremDown', { labels: { alertname: 'OnPremDown' } })), {}, ['solo']);
    expect([...recorded.keys()]).toEqual(['solo']);
  });
});

describe('several alerts in one body', () => {
  it('go each to its own service', async () => {
    const shop = alert('PrimaryUp', { labels: { alertname: 'PrimaryUp', service: 'shop' } });
    const { answer } = await post(body(alert('PrimaryDown'), shop, alert('PrimaryDown')));
    expect(answer.accepted).toBe(3);
    expect(recorded.get('api')).toHaveLength(2);
    expect(recorded.get('shop')).toHaveLength(1);
    expect(woken).toEqual([['api', 'shop']]);
  });

  it('a bad one does not take a good one with it', async () => {
    const { status, answer } = await post(body({ status: 'firing' }, alert('PrimaryDown')));
    expect(status).toBe(202);
    expect(answer).toMatchObject({ accepted: 1, rejected: [{ field: 'alerts[0].labels' }] });
    expect(recorded.get('api')).toHaveLength(1);
  });
});

describe('invalid bodies', () => {
  const folder = new URL('./invalid/', import.meta.url);
  test.each(readdirSync(folder))('%s', async (file) => {
    const { body: text, answer: expected } = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    const { status, answer } = await post(text);
    expect({ status, field: answer.error?.field }).toEqual({
      status: expected.status,
      field: expected.field,
    });
    expect(answer.error.message).toContain(expected.message);
    expect(recorded.size + woken.length).toBe(0);
  });

  it('a body that is too large', async () => {
    const { status, answer } = await post(`"${'x'.repeat(2 * 1024 * 1024)}"`);
    expect({ status, error: answer.error }).toEqual({
      status: 413,
      error: {
        code: 'body-too-large',
        field: 'body',
        message: 'received 2097154 bytes, expected at most 2097152',
      },
    });
  });

  it('base64 is read as what it encodes', async () => {
    const encoded = Buffer.from(JSON.stringify(body(alert('PrimaryDown')))).toString('base64');
    expect((await post(encoded, { isBase64Encoded: true })).status).toBe(202);
  });
});

describe('who may knock', () => {
  test.each([
    ['nothing', undefined, 'no Authorization header'],
    ['another scheme', `Basic ${token}`, 'not "Bearer <token>"'],
    ['no token', 'Bearer ', 'not "Bearer <token>"'],
    ['a wrong token', 'Bearer wrong', 'not valid here'],
    ['a token that only begins right', `Bearer ${token}x`, 'not valid here'],
  ])('%s: 401', async (_, authorization, message) => {
    const { status, answer, headers } = await post(body(alert('PrimaryDown')), {
      headers: { authorization },
    });
    expect(status).toBe(401);
    expect(headers?.['www-authenticate']).toBe('Bearer');
    expect(answer.error).toMatchObject({
      code: message === 'not valid here' ? 'token-refused' : 'unauthorized',
      field: 'authorization',
    });
    expect(answer.error.message).toContain(message);
    expect(recorded.size).toBe(0);
  });

  it('503 when our own copy cannot be read, so that the alert comes again', async () => {
    current.mockRejectedValueOnce(new Error('no network'));
    expect(await post(body(alert('PrimaryDown')))).toMatchObject({
      status: 503,
      answer: { error: { code: 'token-unreadable' } },
    });
  });
});

describe('acknowledging', () => {
  it('503 when the evidence is not durable', async () => {
    recording = () => {
      throw new Error('throttled');
    };
    expect(await post(body(alert('PrimaryDown')))).toMatchObject({
      status: 503,
      answer: { error: { code: 'not-recorded' } },
    });
    expect(woken).toEqual([]);
  });

  it('202 when only the wake-up failed: the tick will find the evidence', async () => {
    waking = () => {
      throw new Error('no network');
    };
    expect((await post(body(alert('PrimaryDown')))).status).toBe(202);
    expect(recorded.size).toBe(1);
  });

  it('500 for what nobody foresaw', async () => {
    const failing = middy<HttpEvent, HttpResult>()
      .use(jsonErrors(silentLog))
      .handler(() => {
        throw new TypeError('a defect');
      });
    const { statusCode, body: text } = await failing({} as HttpEvent, {} as Context);
    expect({ statusCode, text }).toEqual({
      statusCode: 500,
      text: '{"error":{"code":"internal","message":"not processed; try again"}}',
    });
  });
});
