import { expect, test } from 'vitest';
import { readChange } from '../../../drill/site/haproxy-log.ts';

test.each([
  [
    '<129>haproxy[7]: Server service/primary is DOWN, reason: Layer4 connection problem, info: "Connection refused"',
    'primary',
    'DOWN',
  ],
  [
    '<133>haproxy[7]: Backup Server service/standby is UP, reason: Layer7 check passed, code: 200',
    'standby',
    'UP',
  ],
])('%s', (line, server, state) => {
  expect(readChange(line, 5)).toEqual({ at: 5, server, state });
});

test.each([
  'Health check for server service/primary failed, reason: Layer4 timeout, status: 2/3 UP.',
  '127.0.0.1:1 [t] clients service/primary 0/0/0/0/0 200 "GET /is UP HTTP/1.1"',
  '',
])('nothing in: %s', (line) => {
  expect(readChange(line, 5)).toBeUndefined();
});
