import { readdirSync, readFileSync } from 'node:fs';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { Sighting } from '../../../lambda/domain/evidence.ts';
import type { Log } from '../../../lambda/ports.ts';
import { authenticate } from '../../../lambda/receiver/authenticate.ts';
import { type HttpEvent, type HttpResult, jsonErrors } from '../../../lambda/receiver/http.ts';
import { receive } from '../../../lambda/receiver/receive.ts';
import { silentLog } from '../../support/in-memory.ts';

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
function receiver(services: readonly string[], log: Log) {
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
    log,
  };
  return middy<HttpEvent, HttpResult>()
    .use(jsonErrors(silentLog))
    .use(authenticate(tokens, () => now))
    .handler((event) => receive(event, services, ports));
}

async function post(
  body: unknown,
  more: Partial<HttpEvent> = {},
  services = ['api', 'shop'],
  log: Log = silentLog,
) {
  const event = {
    headers: { authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
    ...more,
  } as HttpEvent;
  const { statusCode, body: text, headers } = await receiver(services, log)(event, {} as Context);
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
    ['PrimaryDown', { observed_at: '1767225610.900' }, now],
  ])('%s with %o counts from the cautious moment', async (name, annotations, observedAt) => {
    await post(body(alert(name, { annotations })));
    expect(recorded.get('api')?.[0]?.observedAt).toBe(observedAt);
  });

  it('is about the only service if it names none', async () => {
    await post(body(alert('OnPremDown', { labels: { alertname: 'OnPremDown' } })), {}, ['solo']);
    expect([...recorded.keys()]).toEqual(['solo']);
  });
});

describe('where clients are sent', () => {
  const serving = (site: unknown, { standby, ...annotations }: Record<string, unknown>) =>
    alert('Serving', {
      labels: { alertname: 'Serving', service: 'api', site, standby },
      annotations: { observed_at: '1767225605.250', ...annotations },
    });

  test('is read with all that is said of it', async () => {
    const said = { since: '1767225600.250', standby: 'up', waiting: '214', refused: '3' };
    expect(await post(body(serving('nobody', said)))).toMatchObject({ status: 202, answer: { accepted: 1 } });
    const traffic = { to: 'nobody', since: evaluated - 5000, standby: 'up', waiting: 214, refused: 3 };
    expect(recorded.get('api')).toEqual([
      { kind: 'traffic', observedAt: evaluated, arrivedAt: now, traffic },
    ]);
  });

  test('by a clock that is ahead: how long it lasts is by that clock', async () => {
    await post(body(serving('standby', { observed_at: '1767225705', since: '1767225700' })));
    expect(recorded.get('api')?.[0]).toMatchObject({
      observedAt: now,
      traffic: { to: 'standby', since: now - 5000 },
    });
  });

  test.each([
    ['nothing', {}],
    ['empty texts', { since: '', standby: '', waiting: '', refused: '' }],
  ])('with %s it begins now', async (_, said) => {
    const { answer } = await post(body(serving('primary', said)));
    expect(answer.unreadable).toEqual([]);
    expect(recorded.get('api')?.[0]).toMatchObject({ traffic: { to: 'primary', since: evaluated } });
  });

  test.each(['since', 'waiting', 'refused'])('an unreadable %s costs only itself', async (name) => {
    for (const value of ['soon', '-1', '1e300', 'NaN', {}]) {
      const { status, answer } = await post(body(serving('primary', { waiting: '2', [name]: value })));
      expect(status).toBe(202);
      expect(answer.unreadable).toEqual([
        { field: `alerts[0].annotations.${name}`, message: expect.stringContaining('expected') },
      ]);
      expect(recorded.get('api')?.[0]).toMatchObject({ traffic: { to: 'primary' } });
      recorded.clear();
    }
  });

  test.each(['cloud', '', undefined, 7])('the site %j is none', async (site) => {
    const { status, answer } = await post(body(serving(site, {})));
    expect(status).toBe(400);
    expect(answer.error.message).toMatch(
      /alerts\[0\]\.labels\.site: .*expected "primary", "standby" or "nobody"/,
    );
  });
});

describe('several alerts in one body', () => {
  it('go each to its own service', async () => {
    const shop = alert('PrimaryUp', { labels: { alertname: 'PrimaryUp', service: 'shop' } });
    const { answer } = await post(body(alert('PrimaryDown'), shop, alert('PrimaryDown')));
    expect(answer.accepted).toBe(3);
    // Repeats in one body say nothing new.
    expect(recorded.get('api')).toHaveLength(1);
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

describe('what cannot be read costs as little as possible', () => {
  const good = () => alert('PrimaryDown');
  const told = (kind: string) => ({ kind, observedAt: now });

  test.each([
    '<error expanding template: error executing template observed_at>',
    '<no value>',
    'NaN',
    'Infinity',
    '-5',
    '1767225605,25',
    '1767225605250000',
    [1_767_225_605],
    { seconds: 1 },
    true,
  ])('W1: observed_at %j counts from its arrival, and the answer says so', async (observed_at) => {
    const { status, answer } = await post(body(alert('PrimaryDown', { annotations: { observed_at } })));
    expect(status).toBe(202);
    expect(recorded.get('api')).toEqual([told('down')]);
    expect(answer.unreadable).toEqual([
      {
        field: 'alerts[0].annotations.observed_at',
        message: expect.stringContaining('expected Unix seconds; it counts from its arrival'),
      },
    ]);
  });

  test.each([
    ['annotations: null', { annotations: null }],
    ['no annotations', { annotations: undefined }],
    ['startsAt: null', { startsAt: null, annotations: {} }],
    ['startsAt: ""', { startsAt: '', annotations: {} }],
    ['observed_at: null', { annotations: { observed_at: null } }],
    [
      'primary_image: null',
      { labels: { alertname: 'PrimaryDown', service: 'api', primary_image: null }, annotations: {} },
    ],
    [
      'primary_image: ""',
      { labels: { alertname: 'PrimaryDown', service: 'api', primary_image: '' }, annotations: {} },
    ],
  ])('W2: %s is as if it were not there', async (_, more) => {
    const { status, answer } = await post(body(alert('PrimaryDown', more)));
    expect({ status, unreadable: answer.unreadable }).toEqual({ status: 202, unreadable: [] });
    expect(recorded.get('api')).toEqual([told('down')]);
  });

  it('W2: observed_at as a number is read', async () => {
    await post(body(alert('PrimaryDown', { annotations: { observed_at: 1_767_225_605.25 } })));
    expect(recorded.get('api')).toEqual([{ kind: 'down', observedAt: evaluated, arrivedAt: now }]);
  });

  it('W2: a byte order mark in front is passed over', async () => {
    expect((await post(`\uFEFF${JSON.stringify(body(good()))}`)).answer.accepted).toBe(1);
  });

  test.each(['2026-01-01T00:00:00+00', '2026-13-45T99:99:99Z', 'yesterday', '0001-01-01', 5, {}])(
    'W3: startsAt %j beside a good alert',
    async (startsAt) => {
      const up = alert('PrimaryUp', {
        startsAt,
        annotations: {},
        labels: { alertname: 'PrimaryUp', service: 'shop' },
      });
      const { status, answer } = await post(body(up, good()));
      expect({ status, accepted: answer.accepted }).toEqual({ status: 202, accepted: 2 });
      expect(recorded.get('api')).toHaveLength(1);
      for (const { observedAt } of [...recorded.values()].flat())
        expect(Number.isFinite(observedAt)).toBe(true);
    },
  );

  test.each([
    ['420 KB', `sha256:${'a'.repeat(420_000)}`],
    ['spaces', 'acme/api 1'],
    ['a number', 5],
  ])('W4: a primary_image of %s is left out, and named', async (_, primary_image) => {
    const labels = { alertname: 'PrimaryUp', service: 'api', primary_image };
    const { status, answer } = await post(body(alert('PrimaryUp', { labels })));
    expect(status).toBe(202);
    expect(recorded.get('api')).toEqual([{ kind: 'up', observedAt: evaluated, arrivedAt: now }]);
    expect(answer.unreadable[0].field).toBe('alerts[0].labels.primary_image');
    expect(JSON.stringify(answer).length).toBeLessThan(1000);
  });

  test.each([
    ['zeros', () => '0', 900_000],
    ['empty objects', () => '{}', 650_000],
    [
      'other alerts',
      () => JSON.stringify({ status: 'firing', labels: { alertname: 'x'.repeat(2000) } }),
      900,
    ],
    ['the same alert', () => JSON.stringify(alert('PrimaryDown')), 11_000],
    [
      'alerts of a service with a long name',
      () =>
        JSON.stringify({ status: 'firing', labels: { alertname: 'PrimaryDown', service: 'y'.repeat(5000) } }),
      350,
    ],
  ])('W5: a good alert before many %s is recorded; log and answer stay small', async (_, one, count) => {
    const written: string[] = [];
    const text = `{"version":"4","alerts":[${[JSON.stringify(good()), ...Array.from({ length: count }, one)].join(',')}]}`;
    const { status, answer } = await post(text, {}, ['api', 'shop'], {
      ...silentLog,
      warn: (message, fields) => void written.push(JSON.stringify({ message, fields })),
    });
    expect(status).toBe(202);
    expect(recorded.get('api')).toHaveLength(1);
    expect(JSON.stringify(answer).length).toBeLessThan(10_000);
    expect(written.join('').length).toBeLessThan(10_000);
    expect(written.length).toBeLessThanOrEqual(2);
    expect(answer.accepted + answer.ignored.length + answer.rejected.length + answer.notNamed).toBe(
      count + 1,
    );
  });

  it('W5: many different alerts are read in a time that grows as they do', async () => {
    const many = (count: number) =>
      body(
        ...Array.from({ length: count }, (_, at) =>
          alert('PrimaryDown', { annotations: { observed_at: `${1_767_000_000 + at}` } }),
        ),
      );
    const secondsFor = async (count: number) => {
      const text = JSON.stringify(many(count));
      const start = performance.now();
      expect((await post(text)).answer.accepted).toBe(count);
      return performance.now() - start;
    };
    await secondsFor(1000);
    // Ten times as many may take thirty times as long on a busy machine; quadratic would be a hundred times.
    expect(await secondsFor(11_000)).toBeLessThan(Math.max(30 * (await secondsFor(1100)), 300));
  });

  it('says what is wrong only after what is right is recorded', async () => {
    const log = { ...silentLog, warn: () => void order.push('said') };
    await post(body({ status: 'firing' }, good()), {}, ['api'], log);
    expect(order).toEqual(['recorded', 'woken', 'said']);
  });

  test('whatever stands in any field, a good alert beside it is recorded', async () => {
    const anything = fc.anything({
      withNullPrototype: false,
      withDate: false,
      withBigInt: false,
      withMap: false,
      withSet: false,
    });
    const record = fc.record(
      {
        status: fc.oneof(fc.constantFrom('firing', 'resolved'), anything),
        labels: fc.oneof(
          fc.record(
            {
              alertname: fc.oneof(
                fc.constantFrom('PrimaryDown', 'PrimaryUp', 'PrimarySuspect', '__proto__'),
                anything,
              ),
              service: fc.oneof(fc.constantFrom('api', 'shop'), anything),
              primary_image: anything,
            },
            { requiredKeys: [] },
          ),
          anything,
        ),
        annotations: fc.oneof(fc.record({ observed_at: anything }), anything),
        startsAt: fc.oneof(
          anything,
          fc.date().map((date) => (Number.isNaN(date.getTime()) ? '' : date.toISOString())),
        ),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(record, anything), { maxLength: 4 }), async (others) => {
        recorded.clear();
        const text = JSON.stringify(body(...others, good()));
        expect((await post(text)).status).toBe(202);
        const seen = recorded.get('api') ?? [];
        expect(seen.some(({ kind, observedAt }) => kind === 'down' && observedAt === evaluated)).toBe(true);
        for (const { observedAt, primaryImage = '' } of [...recorded.values()].flat()) {
          expect(observedAt).toBeLessThanOrEqual(now);
          expect(primaryImage.length).toBeLessThanOrEqual(512);
        }
      }),
      { numRuns: 500 },
    );
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
