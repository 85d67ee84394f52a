import { describe, expect, test } from 'vitest';
import type { OperatorRequest, Policy } from '../../../lambda/domain/types.ts';
import { policy } from '../../support/policy.ts';
import { explore } from './explore.ts';
import type { Rules } from './machine.ts';

/** As short as they can be while each still differs from nothing at all. */
const brief: Policy = {
  ...policy,
  leaseSeconds: 1,
  heartbeatTimeoutSeconds: 1,
  stableSeconds: 1,
  cooldownSeconds: 2,
  drainSeconds: 1,
  startOnSuspicion: false,
  confirmSeconds: 1,
  suspicionIntervalSeconds: 2,
  flapLimit: 1000,
  flapWindowSeconds: 4,
  flapStableSeconds: 2,
  verifySeconds: 2,
  inspectSeconds: 1_000_000,
  escalateSeconds: 3,
  commandTimeoutSeconds: 2,
  dispatchTimeoutSeconds: 1,
  retrySeconds: 1,
  retryMaxSeconds: 2,
  hostIdleSeconds: 2,
};

const by = 'x';
const operators: OperatorRequest[] = [
  { action: 'pause', seconds: 2, why: 'x', by },
  { action: 'resume', by },
  { action: 'switchover', by },
  { action: 'failover', by },
  { action: 'failback', by },
];

/** What else may be so and may happen, apart from primaries that fail and return and evidence that is lost or late. */
const worlds: Readonly<Record<string, Rules>> = {
  'deciders die at any step': { policy: brief, crashes: true },
  'the host fails, commands overtake each other, the standby dies': { policy: brief, hostFails: true },
  'the standby is started on suspicion, deciders die': {
    policy: { ...brief, startOnSuspicion: true },
    crashes: true,
  },
  'the standby is started on suspicion, the host fails': {
    policy: { ...brief, startOnSuspicion: true },
    hostFails: true,
  },
  'it flaps': { policy: { ...brief, flapLimit: 2 } },
  'somebody looks from outside': { policy: { ...brief, startOnSuspicion: true }, hasWitness: true },
  'operators ask for anything at any moment': { policy: brief, requests: operators },
  'operators acknowledge what flaps': {
    policy: { ...brief, flapLimit: 2 },
    requests: [{ action: 'acknowledge', by }],
  },
  'pilot light, with self-tests': {
    policy: { ...brief, pilotLight: true, selfTestSeconds: 3 },
    crashes: true,
  },
};

const most = 400_000;

describe('every state that can be reached', () => {
  test.each(Object.entries(worlds))('%s', { timeout: 300_000 }, (name, rules) => {
    const { broken, ...found } = explore(rules, most);
    console.log(`explored, ${name}: ${JSON.stringify(found)}`);
    expect(broken).toEqual([]);
    expect(found.isComplete).toBe(true);
    // From anywhere, with the world well again, the right site serves within this many seconds and looks.
    expect(found.bounds.home).toBeLessThanOrEqual(12);
    expect(found.bounds.standby).toBeLessThanOrEqual(12);
  });
});
