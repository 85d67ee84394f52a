import type { Policy } from '../../lambda/domain/policy.ts';

/** Round numbers, all different, so that a test shows which one it meant. */
export const policy: Policy = {
  leaseSeconds: 30,
  heartbeatTimeoutSeconds: 45,
  stableSeconds: 60,
  cooldownSeconds: 300,
  drainSeconds: 25,
  startOnSuspicion: false,
  confirmSeconds: 3,
  suspicionIntervalSeconds: 60,
  flapLimit: 3,
  flapWindowSeconds: 3600,
  flapStableSeconds: 1800,
  selfTestSeconds: 0,
  verifySeconds: 70,
  inspectSeconds: 900,
  escalateSeconds: 120,
  pilotLight: false,
  hostIdleSeconds: 500,
  instanceTypes: [],
  commandTimeoutSeconds: 200,
  dispatchTimeoutSeconds: 20,
  retrySeconds: 2,
  retryMaxSeconds: 64,
};
