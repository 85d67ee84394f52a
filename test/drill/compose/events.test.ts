import { expect, test } from 'vitest';
import { readEvent } from '../../../drill/compose/events.ts';

const event = (Action: string, Attributes: Record<string, string>) =>
  JSON.stringify({
    status: Action,
    Type: 'container',
    Action,
    Actor: { ID: 'a1', Attributes },
    timeNano: 1_764_000_000_123 * 1e6,
  });
const haproxy = { 'com.docker.compose.service': 'haproxy' };

test.each([
  ['start', 'start'],
  ['die', 'die'],
  ['health_status: healthy', 'healthy'],
  ['health_status: unhealthy', 'unhealthy'],
])('%s is %s', (action, what) => {
  expect(readEvent(event(action, haproxy))).toEqual({ at: 1_764_000_000_123, service: 'haproxy', what });
});

test.each([
  ['a health check', 'exec_create: wget -q', haproxy],
  ['a container that no service has', 'start', {}],
])('%s is of no interest', (_, action, attributes) => {
  expect(readEvent(event(action, attributes))).toBeUndefined();
});
