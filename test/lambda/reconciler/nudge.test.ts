import { describe, expect, it, test } from 'vitest';
import { operatorCall } from '../../../lambda/contract/events.ts';
import { isThorough, servicesOf } from '../../../lambda/reconciler/nudge.ts';

const all = ['api', 'shop'];

test.each([
  ['a webhook about one', { services: ['shop'] }, ['shop'], false],
  ['a webhook about one that is not ours', { services: ['other'] }, [], false],
  ['a tick', { source: 'aws.events' }, all, true],
  ['an event', { source: 'aws.ec2', detail: {} }, all, true],
  ['something odd', { services: 'shop' }, all, false],
  ['nothing', null, all, true],
])('%s', (_, event, services, thorough) => {
  expect(servicesOf(event, all)).toEqual(services);
  expect(isThorough(event)).toBe(thorough);
});

describe('an operator', () => {
  const alias = 'arn:aws:lambda:eu-central-1:123456789012:function:x-reconciler:operators';
  const call = (operator: unknown) => operatorCall({ operator }, all, alias);

  it.each(['', ':$LATEST', ':operators2'])(
    'is not heard at the function%s, which the receiver may invoke',
    (qualifier) => {
      const other = alias.replace(':operators', qualifier);
      const operator = { service: 'api', action: 'failover', by: 'eve' };
      expect(() => operatorCall({ operator }, all, other)).toThrow(
        `operator: received by ${other}, expected by the alias "operators"`,
      );
    },
  );

  it('is not somebody who nudges', () => {
    expect(operatorCall({ services: ['api'] }, all, '')).toBeUndefined();
    expect(operatorCall(null, all, '')).toBeUndefined();
  });

  it('asks for something, or for nothing but the state', () => {
    expect(call({ service: 'shop', action: 'failback', by: 'eve' })).toEqual({
      service: 'shop',
      request: { action: 'failback', by: 'eve' },
    });
    expect(call({ service: 'shop', action: 'pause', by: 'eve', seconds: 60, why: 'works' })).toEqual({
      service: 'shop',
      request: { action: 'pause', by: 'eve', seconds: 60, why: 'works' },
    });
    expect(call({ service: 'api', action: 'status', by: 'eve' })).toEqual({ service: 'api' });
  });

  test.each([
    ['nothing', 'now', /^operator: received "now", expected Object/],
    [
      'an action we do not know',
      { service: 'api', action: 'reboot', by: 'eve' },
      /operator.action: received "reboot"/,
    ],
    [
      'a service we do not know',
      { service: 'x', action: 'status', by: 'eve' },
      /received "x", expected "api" or "shop"/,
    ],
    ['nobody', { service: 'api', action: 'status' }, /operator.by: received undefined/],
    [
      'a pause without an end',
      { service: 'api', action: 'pause', by: 'eve', why: 'x' },
      /operator.seconds: received undefined/,
    ],
    [
      'a pause for ever',
      { service: 'api', action: 'pause', by: 'eve', why: 'x', seconds: 1e9 },
      /operator.seconds: received 1000000000, expected <=604800/,
    ],
    ['a key we do not know', { service: 'api', action: 'status', by: 'eve', force: true }, /operator.force/],
  ])('is told what is wrong: %s', (_, operator, expected) => {
    expect(() => call(operator)).toThrow(expected);
  });
});
