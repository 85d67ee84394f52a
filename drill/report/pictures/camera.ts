import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { DrillError } from '../../kit/errors.ts';

export const picturesFolder = fileURLToPath(new URL('../../../docs/pictures/', import.meta.url));

/** A README that loads slowly is not read. */
export const MOST_BYTES = 200_000;

/** What is to be seen, and how large the window is. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  /** Pixels of the picture for each of the page; 1 unless given. */
  readonly scale?: number;
}

/** Takes pictures of pages. */
export interface Camera {
  /**
   * @param name of the file, without its end
   * @param open brings the page to where it is to be seen; answers what of it is in the picture, all of the
   *             window without an answer
   */
  take(name: string, view: View, open: (page: Page) => Promise<Locator | undefined>): Promise<void>;
  /** @throws DrillError that names the pictures that are too large */
  check(): void;
}

/** @param say told each picture, in a line */
export function createCamera(browser: Browser, say: (line: string) => void): Camera {
  const tooLarge: string[] = [];
  return {
    check() {
      if (tooLarge.length === 0) return;
      throw new DrillError(
        `${tooLarge.join(', ')}: expected at most ${MOST_BYTES} bytes; make the view smaller, then run this again`,
      );
    },
    async take(name, { width, height, dark = false, scale = 1 }, open) {
      const context = await browser.newContext({
        viewport: { width, height },
        deviceScaleFactor: scale,
        colorScheme: dark ? 'dark' : 'light',
        reducedMotion: 'reduce',
      });
      const path = join(picturesFolder, `${name}.png`);
      try {
        const page = await context.newPage();
        const seen = await open(page);
        writeFileSync(path, smaller(await (seen ?? page).screenshot()));
      } finally {
        await context.close();
      }
      const { size } = statSync(path);
      if (size > MOST_BYTES) tooLarge.push(`${path} has ${size} bytes`);
      say(`wrote ${path} (${Math.round(size / 1000)} kB)`);
    },
  };
}

/** Letters on a plain ground repeat themselves: unfiltered they are packed better than as browsers write them. */
function smaller(png: Buffer): Buffer {
  return PNG.sync.write(PNG.sync.read(png), {
    filterType: 0,
    deflateLevel: 9,
    deflateStrategy: 0,
    colorType: 2,
  });
}
