import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readReceiverSettings,
  readServices,
  required,
  type ServiceSettings,
  shareCommon,
} from '../../../lambda/contract/settings.ts';
import { policy } from '../../support/policy.ts';

const settings = (changes: Partial<ServiceSettings> = {}): ServiceSettings => ({
  name: 'api',
  document: 'shop-api',
  instanceId: 'i-1',
  policy,
  ...changes,
});

/** As the stack writes them. */
const environmentOf = (all: readonly ServiceSettings[]) => {
  const { common, services } = shareCommon(all);
  return { COMMON: JSON.stringify(common), SERVICES: JSON.stringify(services) };
};

const anySettings = fc
  .record({
    name: fc.string({ minLength: 1 }),
    document: fc.string({ minLength: 1 }),
    instanceId: fc.constantFrom('i-1', 'i-2'),
    witnessUrl: fc.option(fc.webUrl(), { nil: undefined }),
    leaseSeconds: fc.constantFrom(10, 30),
    pilotLight: fc.boolean(),
    instanceTypes: fc.constantFrom([], ['t3.small', 't4g.small']),
  })
  .map(({ name, document, instanceId, witnessUrl, ...changes }) =>
    settings({
      name,
      document,
      instanceId,
      ...(witnessUrl && { witnessUrl }),
      policy: { ...policy, ...changes },
    }),
  );

test('what the stack writes is what the functions read', () => {
  fc.assert(
    fc.property(fc.array(anySettings, { minLength: 1, maxLength: 6 }), (all) => {
      expect(readServices(environmentOf(all))).toEqual(all);
    }),
  );
});

test('what all services have in common stands once', () => {
  const { common, services } = shareCommon([settings(), settings({ name: 'shop', document: 'shop-shop' })]);
  expect(common).toEqual({ instanceId: 'i-1', documentPrefix: 'shop-', policy });
  expect(services).toEqual([{ name: 'api' }, { name: 'shop' }]);
  expect(shareCommon([])).toEqual({ common: {}, services: [] });
});

describe('what the functions refuse', () => {
  const { COMMON, SERVICES } = environmentOf([settings()]);
  test.each([
    [
      'no services',
      { COMMON },
      'environment variable SERVICES: received nothing, expected a value from the stack',
    ],
    [
      'no JSON',
      { COMMON, SERVICES: 'api' },
      'environment variable SERVICES: received api, expected JSON from the stack',
    ],
    [
      'a service without its host',
      { COMMON: COMMON.replace('"instanceId":"i-1",', ''), SERVICES },
      'environment variable SERVICES, 0.instanceId: received undefined, expected "instanceId" from the stack',
    ],
    [
      'a policy that lacks a wait',
      { COMMON: COMMON.replace('"leaseSeconds"', '"leaseMinutes"'), SERVICES },
      'environment variable SERVICES, 0.policy.leaseSeconds: received undefined, expected "leaseSeconds" from the stack',
    ],
    [
      'a key that nobody knows',
      { COMMON, SERVICES: SERVICES.replace('"name"', '"color":1,"name"') },
      'environment variable SERVICES, 0.color: received "color", expected never from the stack',
    ],
  ])('%s', (_, environment, message) => {
    expect(() => readServices(environment)).toThrow(message);
  });

  test('a receiver that is told more than it needs', () => {
    const told = { names: ['api'], heartbeatTimeoutSeconds: 45 };
    expect(readReceiverSettings({ SERVICES: JSON.stringify(told) })).toEqual(told);
    const more = JSON.stringify({ ...told, policy });
    expect(() => readReceiverSettings({ SERVICES: more })).toThrow('environment variable SERVICES, policy');
  });

  test('a variable that is empty', () => {
    expect(required({ TABLE_NAME: 'state' }, 'TABLE_NAME')).toBe('state');
    expect(() => required({ TABLE_NAME: '' }, 'TABLE_NAME')).toThrow(
      'environment variable TABLE_NAME: received nothing',
    );
  });
});
