import type { Stack } from 'aws-cdk-lib';
import { ConfigError } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { policyOf } from './policy.ts';

/** What the functions are told of the services, by the names of their variables; lambda/settings.ts reads it. */
export type FunctionSettings = {
  readonly reconciler: { readonly COMMON: string; readonly SERVICES: string };
  /** It faces the internet, and learns no more than it needs. */
  readonly receiver: { readonly SERVICES: string };
};

/**
 * A function's variables may take 4 KB in all (AWS Lambda quotas); what else is in them takes less than the rest.
 * Names that AWS gives are not known yet, and count for more than they take.
 */
const mostBytes = 3400;

/** What all services have in common stands once. @throws ConfigError if there are more services than fit */
export function functionSettings(
  stack: Stack,
  config: Config,
  documentNames: readonly string[],
  instanceId: string,
): FunctionSettings {
  const policies = config.services.map((service) => Object.entries(policyOf(config, service)));
  const [first = []] = policies;
  const isCommon = ([name, value]: [string, unknown]) =>
    policies.every((one) =>
      one.some(([of, its]) => of === name && JSON.stringify(its) === JSON.stringify(value)),
    );
  const common = { instanceId, policy: Object.fromEntries(first.filter(isCommon)) };
  const services = config.services.map(({ name, witnessUrl }, at) => ({
    name,
    document: documentNames[at],
    policy: Object.fromEntries((policies[at] ?? []).filter((entry) => !isCommon(entry))),
    ...(witnessUrl && { witnessUrl }),
  }));
  const bytes = Buffer.byteLength(JSON.stringify([common, services]));
  if (bytes > mostBytes)
    throw new ConfigError(
      `services: received ${services.length} services, of which Lambda's environment would hold ${bytes} bytes, expected at most ${mostBytes}; give some of them a deployment of their own (another name), or shorter names and witness URLs`,
    );
  const heard = config.services.map((service) => {
    const { heartbeatTimeoutSeconds } = policyOf(config, service);
    return { name: service.name, policy: { heartbeatTimeoutSeconds } };
  });
  return {
    reconciler: { COMMON: stack.toJsonString(common), SERVICES: stack.toJsonString(services) },
    receiver: { SERVICES: JSON.stringify(heard) },
  };
}
