import { join } from 'node:path';
import { cacheFolder } from '../parts/packages.ts';

/** Where a held drill leaves its address for this user. */
export function controlFile(): string {
  return join(cacheFolder(), 'held-drill.json');
}

/** Where a held drill leaves what the shell of an operator needs. */
export function operatorEnvFile(): string {
  return join(cacheFolder(), 'held-drill.env');
}
