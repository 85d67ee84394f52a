import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { DrillError } from '../errors.ts';
import { hostFolders, isExecutable } from '../parts/on-path.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome'] as const;

/** Path of a Chromium on this machine; undefined without one. */
export async function findChromium(): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of hostFolders()) {
      const path = join(folder, name);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

/** Starts it without a window. @throws DrillError if there is none */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await findChromium();
  if (executablePath) return chromium.launch({ executablePath });
  throw new DrillError(
    `no ${names.join(', ')} on PATH; install a browser (Debian: apt-get install chromium), then run this again`,
  );
}
