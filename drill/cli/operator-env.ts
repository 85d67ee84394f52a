import { rmSync, writeFileSync } from 'node:fs';
import { quoted } from '../kit/shell-quote.ts';

/**
 * Writes what a shell needs to steer a drill as an operator steers AWS: the variables that every SDK client reads,
 * and the configuration that was rehearsed. Only this user can read it.
 * @returns removes it again
 */
export function writeOperatorEnv(file: string, variables: Readonly<Record<string, string>>): () => void {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  rmSync(file, { force: true });
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}
