import { readServices, shareCommon } from '../../lambda/contract/settings.ts';
import type { Policy } from '../../lambda/domain/policy.ts';

/** The environment of a function, with changes to the policy of each service. The receiver is told no policy. */
export function withPolicy(
  environment: Readonly<Record<string, string>>,
  changes: Partial<Policy> | undefined,
): Readonly<Record<string, string>> {
  if (!changes || !('COMMON' in environment)) return environment;
  const all = readServices(environment).map((one) => ({ ...one, policy: { ...one.policy, ...changes } }));
  const { common, services } = shareCommon(all);
  return { ...environment, COMMON: JSON.stringify(common), SERVICES: JSON.stringify(services) };
}
