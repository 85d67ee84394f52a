import { expect, test } from 'vitest';
import {
  commandSeconds,
  deliverySeconds,
  lockWaitSeconds,
  scriptSeconds,
  workSeconds,
} from '../../../lambda/contract/durations.ts';
import { operatorEvent, wokenServices } from '../../../lambda/contract/events.ts';
import { field, readLine, tokenRefused, writeLine } from '../../../lambda/contract/log-lines.ts';
import {
  documentName,
  emptyParameter,
  functionName,
  operatorsAlias,
  output,
  parameterName,
  stackName,
} from '../../../lambda/contract/names.ts';
import { attribute, historyOf, key, partition } from '../../../lambda/contract/table.ts';

/**
 * What is deployed has these names, and what is recorded has these keys. All programs import them, so a change breaks
 * no program; it breaks the deployments that exist. So each is written down once more here.
 */

test('names of resources', () => {
  expect([stackName.controlPlane('shop'), stackName.standby('shop')]).toEqual([
    'shop-failover',
    'shop-standby',
  ]);
  expect([functionName.receiver('shop'), functionName.reconciler('shop'), operatorsAlias]).toEqual([
    'shop-receiver',
    'shop-reconciler',
    'operators',
  ]);
  expect(documentName('shop', 'api')).toBe('shop-api');
  expect(Object.values(parameterName).map((of) => of('shop'))).toEqual([
    '/shop/site/certificate',
    '/shop/standby/certificate',
    '/shop/standby/identity',
    '/shop/standby/instance-id',
  ]);
  expect(emptyParameter).toBe('none');
});

test('outputs of the stacks', () => {
  expect(Object.values(output)).toEqual([
    'WebhookUrl',
    'TokenSecretArn',
    'TableName',
    'TopicArn',
    'ReconcilerName',
    'InstanceId',
    'SiteCertificateParameter',
    'StandbyCertificateParameter',
    'StandbyAddress',
  ]);
});

test('keys of the table', () => {
  expect(attribute).toEqual({ partition: 'pk', sort: 'sk', expires: 'expiresAt' });
  expect([key.state('api'), key.evidence('api'), key.history('api', '7')]).toEqual([
    { pk: 'state#api', sk: 'current' },
    { pk: 'evidence#api', sk: 'primary' },
    { pk: 'history#api', sk: '7' },
  ]);
  expect(partition('evidence', '*')).toBe('evidence#*');
  expect(historyOf('api')).toEqual({
    KeyConditionExpression: 'pk = :partition',
    ExpressionAttributeValues: { ':partition': 'history#api' },
  });
});

test('log lines that metric filters and dashboards of deployments look for', () => {
  const lines: unknown[] = [];
  const write = (message: string, fields: object) => void lines.push({ message, ...fields });
  const refusal = { status: 401, code: tokenRefused, field: undefined, why: 'x' };
  writeLine(write, 'webhook refused', refusal);
  expect(lines).toEqual([{ message: 'webhook refused', ...refusal, code: 'token-refused' }]);
  expect(readLine(lines[0], 'webhook refused')?.code).toBe('token-refused');
  expect(readLine(lines[0], 'decided')).toBeUndefined();
  expect(readLine(undefined, 'looked')).toBeUndefined();
  expect(field('looked', 'moveSeconds')).toBe('moveSeconds');
});

test('events of the reconciler', () => {
  expect(wokenServices({ services: ['api'] })).toEqual(['api']);
  expect(operatorEvent('api', `${'x'.repeat(300)}`, { action: 'status' })).toEqual({
    operator: { service: 'api', by: 'x'.repeat(200), action: 'status' },
  });
});

test('durations of a service with the defaults, in seconds', () => {
  const waits = { startTimeoutSeconds: 60, stopGraceSeconds: 20, hookTimeoutSeconds: 30 };
  const all = [workSeconds, lockWaitSeconds, scriptSeconds, commandSeconds].map((of) => of(waits));
  expect([...all, deliverySeconds]).toEqual([220, 220, 450, 500, 30]);
});
