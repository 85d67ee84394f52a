import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../../drill/cloud/services/event-pattern.ts';
import { compileSchedule } from '../../../drill/cloud/services/schedule.ts';
import type { Json } from '../../../drill/cloud/values.ts';

const event = { source: 'aws.ssm', resources: ['a', 'b'], detail: { status: 'Success', code: 3 } };

describe('event patterns', () => {
  test.each<[string, Json, boolean]>([
    ['an exact value', { source: ['aws.ec2', 'aws.ssm'] }, true],
    ['no such value', { source: ['aws.ec2'] }, false],
    ['numbers are not text', { detail: { code: ['3'] } }, false],
    ['a nested value', { detail: { code: [3] } }, true],
    ['all fields must match', { source: ['aws.ssm'], detail: { status: ['Failed'] } }, false],
    ['any element of an array', { resources: ['b'] }, true],
    ['a missing field', { account: ['1'] }, false],
    ['a missing object', { other: { a: ['1'] } }, false],
    ['prefix', { detail: { status: [{ prefix: 'Succ' }] } }, true],
    ['no such prefix', { detail: { status: [{ prefix: 'Fail' }] } }, false],
    ['anything-but', { detail: { status: [{ 'anything-but': ['Failed', 'Pending'] }] } }, true],
    ['anything-but with the value', { detail: { status: [{ 'anything-but': 'Success' }] } }, false],
    ['anything-but a prefix', { detail: { status: [{ 'anything-but': { prefix: 'Succ' } }] } }, false],
    ['anything-but needs a value', { detail: { other: [{ 'anything-but': 'x' }] } }, false],
    ['exists', { detail: { status: [{ exists: true }] } }, true],
    ['exists not', { detail: { other: [{ exists: false }] } }, true],
    ['a prefix or an exact value', { source: [{ prefix: 'x' }, 'aws.ssm'] }, true],
  ])('%s', (_name, pattern, matches) => {
    expect(compilePattern(pattern, 'rule')(event)).toBe(matches);
  });

  test('an operator that the drill does not know stops it', () => {
    expect(() => compilePattern({ detail: { code: [{ numeric: ['>', 1] }] } }, 'Stack/Rule')).toThrow(
      'Stack/Rule: detail: code uses {"numeric":[">",1]}; the drill knows prefix, anything-but and exists',
    );
  });

  test('a value that is no list stops it', () => {
    expect(() => compilePattern({ source: 'aws.ssm' }, 'Stack/Rule')).toThrow(
      /Stack\/Rule: source is "aws.ssm"/,
    );
  });
});

describe('schedules', () => {
  const at = (text: string) => Date.parse(`2026-03-04T${text}Z`);
  test.each<[string, string, string]>([
    ['rate(1 minute)', '10:00:00', '2026-03-04T10:00:30.000Z'],
    ['rate(1 minute)', '10:00:30', '2026-03-04T10:01:30.000Z'],
    ['rate(2 hours)', '10:00:00', '2026-03-04T10:59:30.000Z'],
    ['cron(* * * * ? *)', '10:00:30', '2026-03-04T10:01:00.000Z'],
    ['cron(0/15 8-10 * * ? *)', '10:46:00', '2026-03-05T08:00:00.000Z'],
    ['cron(5 0 ? * 1 *)', '10:00:00', '2026-03-08T00:05:00.000Z'],
    ['cron(0 12 1,15 * ? *)', '10:00:00', '2026-03-15T12:00:00.000Z'],
  ])('%s after %s', (expression, after, next) => {
    const created = at('08:59:30');
    expect(new Date(compileSchedule(expression, 'rule', created)(at(after))).toISOString()).toBe(next);
  });

  test.each([
    'rate(0 minutes)',
    'every minute',
    'cron(* * *)',
    'cron(61 * * * ? *)',
    'cron(L * * * ? *)',
    'cron(*/0 * * * ? *)',
  ])('%s is refused', (expression) => {
    expect(() => compileSchedule(expression, 'Stack/Rule', 0)).toThrow(/Stack\/Rule/);
  });
});
