import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportPage } from '../../../../drill/report/page/page.ts';
import { openBrowser } from '../../../../drill/report/pictures/browser.ts';
import { hostileData, missed, reportData, without } from './fixture.ts';

const pages = {
  passed: reportData(),
  'failed, without phases': reportData({ ...without, measured: undefined, checks: [missed] }),
  hostile: hostileData(),
};
const screens = [
  { width: 360, height: 740 },
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
] as const;

/** Text that reaches over the edge of what shows it, or over other text of the same picture. Runs in the page. */
const cutTexts = `(() => {
  const shown = (one) => one.checkVisibility() && one.textContent.trim() !== '';
  const say = (one) => JSON.stringify(one.textContent.trim().slice(0, 60));
  const cut = [];
  for (const svg of [...document.querySelectorAll('svg')].filter((one) => one.checkVisibility())) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].filter(shown);
    const boxes = texts.map((one) => one.getBoundingClientRect());
    for (const [i, box] of boxes.entries()) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        cut.push('over the edge of its picture: ' + say(texts[i]));
      for (const [j, other] of boxes.entries()) {
        const wide = Math.min(box.right, other.right) - Math.max(box.left, other.left);
        const high = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
        if (j > i && wide > 2 && high > 4) cut.push('over each other: ' + say(texts[i]) + ' and ' + say(texts[j]));
      }
    }
  }
  for (const one of [...document.body.querySelectorAll('*:not(svg, svg *)')].filter(shown)) {
    const { overflowX, overflowY } = getComputedStyle(one);
    if (overflowX === 'hidden' && one.scrollWidth > one.clientWidth + 1) cut.push('cut at its side: ' + say(one));
    if (overflowY === 'hidden' && one.scrollHeight > one.clientHeight + 1) cut.push('cut at its end: ' + say(one));
    const box = one.getBoundingClientRect();
    const inScroller = [...ancestors(one)].some((each) => /auto|scroll/.test(getComputedStyle(each).overflowX));
    if (!inScroller && box.right > document.documentElement.clientWidth + 1) cut.push('over the edge of the page: ' + say(one));
  }
  function* ancestors(one) { for (let at = one; at; at = at.parentElement) yield at; }
  return cut;
})()`;

const cases = Object.keys(pages).flatMap((name) =>
  screens.flatMap((viewport) =>
    (['light', 'dark'] as const).map((colorScheme) => ({ name, viewport, colorScheme })),
  ),
);

const folder = mkdtempSync(join(tmpdir(), 'page-'));
const urlOf = (name: string) => pathToFileURL(join(folder, `${name}.html`)).href;
let browser: Browser | undefined;

beforeAll(async () => {
  for (const [name, data] of Object.entries(pages))
    writeFileSync(join(folder, `${name}.html`), reportPage(data));
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Opens it, and keeps all that a browser has to say against it. */
async function open(
  name: string,
  options: { viewport: { width: number; height: number }; colorScheme: 'light' | 'dark' },
): Promise<{ page: Page; complaints: string[]; asked: string[]; close: () => Promise<void> }> {
  if (!browser) throw new Error('the browser was not opened');
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(urlOf(name));
  return { page, complaints, asked, close: () => context.close() };
}

describe('the page in a real browser', () => {
  test.for(cases)('$name, $viewport.width px, $colorScheme', async ({ name, ...options }) => {
    const { page, complaints, asked, close } = await open(name, options);
    try {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        options.viewport.width,
      );
      const heading = await page.getByRole('heading', { level: 1 }).boundingBox();
      expect(heading?.width).toBeGreaterThan(100);
      expect((heading?.y ?? 0) + (heading?.height ?? 0)).toBeLessThan(options.viewport.height);
      const picture = page.locator('figure svg:visible').last();
      expect(await picture.locator('g path, g circle').count()).toBeGreaterThan(name === 'hostile' ? 0 : 10);
      expect(await picture.locator('polygon').count()).toBe(pages[name as 'passed'].results.length ? 4 : 0);
      // Text of 11 px on paper must not be less on the screen.
      const drawnFor = Number((await picture.getAttribute('viewBox'))?.split(' ')[2]);
      expect((await picture.boundingBox())?.width).toBeGreaterThan(0.9 * drawnFor);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(options.colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(15, 23, 42)');
      expect(await page.evaluate(cutTexts)).toEqual([]);
      expect(await page.evaluate('typeof hacked + document.images.length')).toBe('undefined0');
      expect(complaints).toEqual([]);
      expect(asked).toEqual([urlOf(name)]);
    } finally {
      await close();
    }
  });

  test('on paper it is dark on light, whatever the screen is', async () => {
    const { page, close } = await open('passed', {
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    });
    try {
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
        'rgb(255, 255, 255)',
      );
      expect(await page.locator('.wide').first().isVisible()).toBe(true);
      const paper = await page.pdf({ format: 'A4' });
      expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
    } finally {
      await close();
    }
  });
});
