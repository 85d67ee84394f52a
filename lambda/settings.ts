import type { ServiceSettings } from './ports.ts';

/** What the stack puts into a function's environment. @throws Error naming what is missing */
export function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`environment variable ${name}: received nothing, expected a value from the stack`);
  return value;
}

/** The services as `SERVICES`, a JSON array that the stack writes. */
export function serviceSettings(): readonly ServiceSettings[] {
  return JSON.parse(required('SERVICES'));
}
