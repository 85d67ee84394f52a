import type { ServiceSettings } from './ports.ts';

/** What the stack puts into a function's environment. @throws Error naming what is missing */
export function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`environment variable ${name}: received nothing, expected a value from the stack`);
  return value;
}

/**
 * The services as `SERVICES`, a JSON array that the stack writes, and what they have in common as `COMMON`
 * (lib/function-settings.ts). The receiver is told names and heartbeats only.
 */
export function serviceSettings(): readonly ServiceSettings[] {
  const common = JSON.parse(process.env.COMMON || '{}') as Partial<ServiceSettings>;
  const services = JSON.parse(required('SERVICES')) as ServiceSettings[];
  return services.map((one) => ({ ...common, ...one, policy: { ...common.policy, ...one.policy } }));
}
