import { hostname } from 'node:os';

/** Which copy of the service this process is. */
export type Site = 'primary' | 'standby';

export type Settings = {
  bindAddress: string;
  port: number;
  site: Site;
  host: string;
  healthPath: string;
  shutdownGraceSeconds: number;
  maxBodyBytes: number;
  /** For drills: while this file exists, health answers 500 and everything else works. Never without it. */
  healthFaultFile: string | undefined;
  /** For drills: after a pause of this process of more milliseconds, health answers 500 for good. 0 for never. */
  staleAfterMilliseconds: number;
};

/** A variable of the environment that cannot be used. Its message is one line for the operator. */
export class SettingError extends Error {}

/** Reads the environment. Throws a SettingError that names the variable, what it holds and what it must. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  return {
    bindAddress: env.BIND_ADDRESS || '0.0.0.0',
    port: wholeNumber(env, 'PORT', 8080, 0, 65535),
    site: site(env.SITE || 'primary'),
    host: env.HOST_LABEL || hostname(),
    healthPath: path(env.HEALTH_PATH || '/health'),
    shutdownGraceSeconds: wholeNumber(env, 'SHUTDOWN_GRACE_SECONDS', 8, 0, 300),
    maxBodyBytes: wholeNumber(env, 'MAX_BODY_BYTES', 1024 * 1024, 0, 64 * 1024 * 1024),
    healthFaultFile: env.HEALTH_FAULT_FILE || undefined,
    staleAfterMilliseconds: wholeNumber(env, 'STALE_AFTER_MS', 0, 0, 3_600_000),
  };
}

function wholeNumber(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: number,
  least: number,
  most: number,
): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw bad(name, text, `a whole number from ${least} to ${most}`);
}

function site(text: string): Site {
  if (text === 'primary' || text === 'standby') return text;
  throw bad('SITE', text, 'primary or standby');
}

function path(text: string): string {
  if (/^\/[^\s?#]*$/.test(text)) return text;
  throw bad('HEALTH_PATH', text, 'a path that starts with "/" and has no query, for instance /health');
}

function bad(name: string, received: string, expected: string): SettingError {
  return new SettingError(
    `${name} is ${JSON.stringify(received)}; expected ${expected}; correct the environment and start again.`,
  );
}
