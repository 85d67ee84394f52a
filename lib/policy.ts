import { commandSeconds } from '../lambda/contract/durations.ts';
import type { Policy } from '../lambda/domain/policy.ts';
import type { Config, ServiceConfig } from './config/schema.ts';
import { instanceTypeOf } from './kinds/ec2/schema.ts';

const weekHours = 168;

/** The policy for the functions: what the operator has set, and limits that follow from other settings. */
export function policyOf({ policy, standby }: Config, service: ServiceConfig): Policy {
  const { selfTestHours, startOnSuspicion, ...waits } = policy;
  const { host, pilotLight, alternateInstanceTypes: alternates } = standby;
  // A service whose start has side effects is started for no test either.
  const testHours = startOnSuspicion ? (selfTestHours ?? weekHours) : 0;
  return {
    ...waits,
    // To boot a host takes longer than to become certain, and costs money each time.
    startOnSuspicion: startOnSuspicion && !pilotLight,
    suspicionIntervalSeconds: 60,
    selfTestSeconds: testHours * 3600,
    verifySeconds: 60,
    inspectSeconds: 900,
    escalateSeconds: 120,
    pilotLight,
    // An instance that is not ours to describe is first started as it is.
    instanceTypes: alternates.length > 0 ? [host ? instanceTypeOf(host) : '', ...alternates] : [],
    commandTimeoutSeconds: commandSeconds(service),
    // Longer than the longest a live decider can be busy with a call (lambda/adapters/client-config.ts).
    dispatchTimeoutSeconds: 20,
    retrySeconds: 2,
    retryMaxSeconds: 60,
  };
}
