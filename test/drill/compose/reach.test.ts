import { expect, test } from 'vitest';
import { gatewayIn } from '../../../drill/compose/reach.ts';

test.each([
  ['172.17.0.1 172.17.0.0/16 ', '172.17.0.1'],
  ['fd00::1 fd00::/64 10.1.2.129 10.1.2.128/25 ', '10.1.2.129'],
  [' 172.17.0.0/16 ', '172.17.0.1'],
  [' fd00::/64  10.1.2.128/25 ', '10.1.2.129'],
  [' fd00::/64 ', undefined],
  ['', undefined],
])('containers reach this machine, by "%s", at %s', (addresses, gateway) => {
  expect(gatewayIn(addresses)).toBe(gateway);
});
