import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';

type Flags = { readonly config: string; readonly json: boolean; readonly scenario?: string };

const program = fileURLToPath(new URL('../../../drill/cli/main.ts', import.meta.url));

/** Rehearses on this machine what is configured; its exit code is the drill's. */
export async function drill(this: Context, { config, json, scenario }: Flags): Promise<void> {
  if (!existsSync(program)) {
    throw new CliError(
      `there is no drill here: ${program} is missing`,
      'Run this in a clone of the repository.',
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'failover-drill-'));
  const file = join(folder, 'result.json');
  try {
    const args = ['--config', config, ...(scenario === undefined ? [] : ['--scenario', scenario])];
    // With --json its story is progress: standard output has the document alone.
    const child = spawn(process.execPath, [program, ...args, ...(json ? ['--json', file] : [])], {
      stdio: ['ignore', json ? 2 : 'inherit', 'inherit'],
    });
    // Ctrl-C reaches both; the drill cleans up, and this waits for it.
    const wait = () => {};
    process.on('SIGINT', wait);
    const [code] = (await once(child, 'exit')) as [number | null];
    process.off('SIGINT', wait);
    if (json && existsSync(file)) this.process.stdout.write(readFileSync(file, 'utf8'));
    this.process.exitCode = code ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
