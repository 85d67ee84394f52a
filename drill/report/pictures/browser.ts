import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { findParts } from '../../parts/find.ts';

/** Starts a Chromium without a window: this machine's, or Debian's, unpacked. @throws Error if there is none */
export async function openBrowser(progress: (line: string) => void = () => {}): Promise<Browser> {
  const { chromium: found } = await findParts(['chromium'], {
    progress,
    outsideDocker: true,
    versions: 'machine',
  });
  const env = Object.fromEntries(
    Object.entries({ ...process.env, ...found.env, ...fontsOf(found.source, found.command) }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  return chromium.launch({ executablePath: found.command, args: [...found.args], env });
}

/** An unpacked one has its fonts beside it, where nobody looks for them. */
function fontsOf(source: string, command: string): Record<string, string> {
  if (source !== 'package') return {};
  // ROOT/usr/lib/chromium/chromium
  const fonts = join(dirname(command), '../../share/fonts');
  const folder = mkdtempSync(join(tmpdir(), 'fonts-'));
  const file = join(folder, 'fonts.conf');
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${fonts}</dir><dir>/usr/share/fonts</dir><cachedir>${folder}</cachedir></fontconfig>\n`,
  );
  return { FONTCONFIG_FILE: file };
}
