import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Processes } from './processes.ts';

/** The folder of logs and state: the caller's if one was named, else one that goes with the drill. */
export function workFolder(logsFolder: string | undefined, onCleanup: Processes['onCleanup']): string {
  if (logsFolder) {
    const folder = join(resolve(logsFolder), new Date().toISOString().replace(/[:.]/g, '-'));
    mkdirSync(folder, { recursive: true });
    return folder;
  }
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-failover-'));
  onCleanup('work folder', async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
