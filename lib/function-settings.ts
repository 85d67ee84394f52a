import type { Stack } from 'aws-cdk-lib';
import {
  type ReceiverEnvironment,
  type ReceiverSettings,
  type ReconcilerEnvironment,
  readServices,
  type ServiceSettings,
  shareCommon,
} from '../lambda/contract/settings.ts';
import { ConfigError } from './config/load.ts';
import type { Config } from './config/schema.ts';
import type { StandbyKind } from './kinds/kind.ts';
import { policyOf } from './policy.ts';

/** The settings of the services, for the functions. */
export type FunctionSettings = {
  readonly reconciler: Pick<ReconcilerEnvironment, 'COMMON' | 'SERVICES'>;
  readonly receiver: Pick<ReceiverEnvironment, 'SERVICES'>;
};

/**
 * A function's variables may take 4 KB in all (AWS Lambda quotas); what else is in them takes less than the rest.
 * Names that AWS gives are not known yet, and count for more than they take.
 */
const mostBytes = 3400;

/** @throws ConfigError if there are more services than fit */
export function functionSettings(stack: Stack, config: Config, standby: StandbyKind): FunctionSettings {
  const all = config.services.map((service): ServiceSettings => {
    const { name, witnessUrl } = service;
    const policy = policyOf(config, service);
    return { name, ...standby.settingsOf(service), policy, ...(witnessUrl && { witnessUrl }) };
  });
  const { common, services } = shareCommon(all);
  const heard: ReceiverSettings = {
    heartbeatTimeoutSeconds: config.policy.heartbeatTimeoutSeconds,
    names: all.map(({ name }) => name),
  };
  // The functions read them by the same schema: what they would refuse must not be deployed.
  readServices({ COMMON: JSON.stringify(common), SERVICES: JSON.stringify(services) });
  const bytes = Buffer.byteLength(JSON.stringify([common, services]));
  if (bytes > mostBytes)
    throw new ConfigError(
      `services: received ${services.length} services, of which Lambda's environment would hold ${bytes} bytes, expected at most ${mostBytes}; give some of them a deployment of their own (another name), or shorter names and witness URLs`,
    );
  return {
    reconciler: { COMMON: stack.toJsonString(common), SERVICES: JSON.stringify(services) },
    receiver: { SERVICES: JSON.stringify(heard) },
  };
}
