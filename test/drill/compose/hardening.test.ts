import { expect, test } from 'vitest';
import { type Facts, weaknesses } from '../../../drill/compose/hardening.ts';

const good: Facts = {
  health: 'healthy',
  restart: 'unless-stopped',
  log: { 'max-size': '10m', 'max-file': '3' },
  uid: 1000,
  capabilities: ['0000000000000000', '0000000000000000'],
  noNewPrivileges: true,
  rootIsWritable: false,
};

test('nothing is wrong with a container that is locked down', () => expect(weaknesses(good)).toEqual([]));

test.each<[Partial<Facts>, string]>([
  [{ uid: 0 }, 'runs as root'],
  [{ capabilities: ['0000000000000000', '00000000a80425fb'] }, 'has capabilities'],
  [{ capabilities: [] }, 'has capabilities'],
  [{ capabilities: ['unknown'] }, 'has capabilities'],
  [{ noNewPrivileges: false }, 'could get new privileges'],
  [{ rootIsWritable: true }, 'can write to its root file system'],
  [{ health: '' }, 'is without a health check'],
  [{ health: 'unhealthy' }, 'is unhealthy'],
  [{ restart: 'no' }, 'is restarted "no"'],
  [{ log: {} }, 'has a log without limits'],
])('%j: %s', (change, problem) => {
  const found = weaknesses({ ...good, ...change });
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(problem);
});
