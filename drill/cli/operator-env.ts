import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { quoted } from '../kit/shell-quote.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Writes what a shell needs to steer a drill as an operator steers AWS: the variables that every SDK client reads,
 * the configuration that was rehearsed, and a short name for the command line. Only this user can read it.
 * @returns removes it again
 */
export function writeOperatorEnv(file: string, variables: Readonly<Record<string, string>>): () => void {
  const command = `failover() { npm --prefix ${quoted(repository)} run --silent failover -- "$@"; }\n`;
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  rmSync(file, { force: true });
  writeFileSync(file, [...lines, command].join(''), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}
