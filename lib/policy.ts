import type { Policy } from '../lambda/domain/types.ts';
import type { Config, ServiceConfig } from './config/schema.ts';

/** What the functions are told: the operator's policy, and the limits that follow from other settings. */
export function policyOf(config: Config, service: ServiceConfig): Policy {
  return {
    ...config.policy,
    suspicionIntervalSeconds: 60,
    // Delivery (30 s) and the script's own limit, which contains the wait for its lock.
    commandTimeoutSeconds: 2 * (service.startTimeoutSeconds + service.stopGraceSeconds) + 60,
    // Longer than the longest a live decider can be busy with a call (lambda/adapters/client-config.ts).
    dispatchTimeoutSeconds: 20,
    retrySeconds: 2,
    retryMaxSeconds: 60,
  };
}
