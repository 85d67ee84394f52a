import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { look } from '../../../../drill/report/page/look.ts';
import { reportPage } from '../../../../drill/report/page/page.ts';
import type { ReportData } from '../../../../drill/report/page/report-data.ts';
import { requestsIn } from '../../../../drill/report/page/write.ts';
import { phaseNames } from '../../../../drill/verify/phases.ts';
import { events, held, hostileData, missed, reportData, results, without } from './fixture.ts';

const withoutPhases: Partial<ReportData> = {
  scenario: { name: 'site-dark', breaks: 'Everything.', expected: 'The standby answers.' },
  measured: undefined,
  ...without,
};

/** What is read of a page, without its pictures and markup. */
const readable = (page: string) =>
  page
    .replace(/<(style|svg).*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const pages: [string, ReportData, string[], string[]][] = [
  [
    'a run that passed',
    reportData(),
    [
      'Passed: clients were answered again after 1.80 s',
      'drill api-crash · 2026-01-02 03:04 UTC',
      'Recovery 1.80 s',
      'Idempotent lost 0 of 1620',
      'POST lost 1 of 180',
      'POST executed twice 0',
      'Answered late 77 of 1800',
      'Slowest answer 1.80 s',
      'clients were home 0.75 s after the primary was started again, and the standby slept after 22.75 s',
      '✓ held the primary serves primary/a',
      'HAProxy 2.6.12 unpacked package',
      'Stood in for AWS itself Shortened, to save time stable 5 s',
      'Real haproxy 2.6.12; the sample API',
      '+0.28 s reconciler primary-suspected: home → warming, epoch 0',
      '−4.00 s drill synthesizes the CDK app',
      'npm start -- --html FILE',
    ],
    ['undefined', 'NaN', 'did not hold'],
  ],
  [
    'a run that failed',
    reportData({ checks: [held, missed] }),
    [
      'Failed: 1 of 2 checks did not hold',
      '✗ did not hold the standby sleeps its port answers',
      'Checks held 1 of 2',
    ],
    ['Passed'],
  ],
  [
    'a run that broke off',
    reportData({
      measured: undefined,
      checks: [{ name: 'it was played to its end', held: false, observed: 'a mail: did not happen' }],
    }),
    ['Failed: a mail: did not happen', 'Idempotent lost 0 of 1620'],
    ['Where the time went', 'Recovery'],
  ],
  [
    'a run without phases and clients',
    reportData({ ...withoutPhases, checks: [held, held] }),
    [
      'Passed: all 2 checks held',
      'This run had no clients.',
      'npm start -- --scenario site-dark --html FILE',
    ],
    ['Where the time went', 'Recovery', 'Idempotent', 'undefined', 'NaN', 'Infinity'],
  ],
  [
    'a run in which nothing was checked',
    reportData({ checks: [] }),
    ['Failed: nothing was checked'],
    ['Passed'],
  ],
];

describe.each(pages)('the page of %s', (_what, data, said, unsaid) => {
  const page = reportPage(data);

  it('says what there is to say', () => {
    const text = readable(page);
    for (const sentence of said) expect(text).toContain(sentence);
    for (const word of unsaid) expect(text).not.toContain(word);
  });

  it('needs nothing from elsewhere', () => {
    expect(page).not.toMatch(/\b(src|href)=|<script|<link|@import|url\((?!#)/);
    expect(page).toContain("default-src 'none'");
  });

  it('has one first heading, headed sections, headed tables, and pictures with a name', () => {
    expect(page.match(/<h1[ >]/g)).toHaveLength(1);
    for (const [, id] of page.matchAll(/<section aria-labelledby="([^"]+)"/g))
      expect(page).toContain(`<h2 id="${id}">`);
    expect(page.match(/<table/g)?.length).toBe(page.match(/<thead><tr><th scope="col"/g)?.length);
    for (const [, title, desc] of page.matchAll(/role="img" aria-labelledby="(\S+) (\S+)"/g)) {
      expect(page).toContain(`<title id="${title}">`);
      expect(page).toContain(`<desc id="${desc}">`);
    }
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('each phase is held against its budget, the whole against the target', () => {
  const data = reportData();
  const { failover, failback } = data.measured ?? {};
  if (!failover || !failback) throw new Error('the run measured nothing');
  const slow = { ...failover, phases: { ...failover.phases, alert: 1.9 } };
  const text = readable(reportPage({ ...data, measured: { failover: slow, failback } }));
  for (const name of phaseNames)
    expect(text).toMatch(new RegExp(`${name} .*?\\d s within|${name} .*?over by`));
  expect(text).toMatch(/alert .*? 1\.90 s 1 s, over by 0\.90 s/);
  expect(text).toContain('Recovery 1.80 s within 10 s the target (RTO) of a drill');
});

test('the pictures have the events above the requests, in a close look and of the whole run', () => {
  const page = reportPage(reportData());
  const svgs = [...page.matchAll(/<svg[^>]*role="img".*?<\/svg>/gs)].map(([svg]) => svg);
  expect(svgs).toHaveLength(4);
  for (const svg of svgs) {
    expect(svg).toContain('>haproxy</text>');
    expect(svg).toContain('<title>the primary is killed (SIGKILL)</title>');
    expect(svg.match(/<polygon/g)).toHaveLength(4);
    expect(svg).not.toMatch(/NaN|Infinity/);
  }
  expect(svgs[0]).toContain('are answered by the standby</text>');
  const alone = reportPage(reportData(withoutPhases));
  expect(alone.match(/role="img"/g)).toHaveLength(2);
  expect(alone).not.toContain('<polygon');
});

test('hostile text stays text, wherever it comes from', () => {
  const page = reportPage(hostileData());
  for (const bad of ['<script', '<img', '\u0000', '\u001b', '\u202e']) expect(page).not.toContain(bad);
  // In the head, the story, the checks, the facts, and for each event in the table and in the pictures.
  expect(page.split('&lt;script').length).toBeGreaterThan(3 * events.length);
});

test('requests of clients that still write count once they are written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'requests.jsonl');
  expect(requestsIn(file)).toEqual([]);
  writeFileSync(
    file,
    `${results
      .slice(0, 2)
      .map((one) => JSON.stringify(one))
      .join('\n')}\n{"requestId": "r`,
  );
  expect(requestsIn(file)).toEqual(results.slice(0, 2));
});

describe('contrast', () => {
  /** WCAG 2: relative luminance of an sRGB colour, and the ratio of two. */
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (a: string, b: string) => {
    const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const schemes = [...look.matchAll(/:root \{.*?\}/gs)].map(([block]) =>
    Object.fromEntries([...block.matchAll(/--(\w+): (#\w{6})/g)].map(([, name, value]) => [name, value])),
  );

  test('is as it should be for black on white', () => expect(contrast('#000000', '#ffffff')).toBeCloseTo(21));

  test.each([
    ['light', schemes[0]],
    ['dark', schemes[1]],
  ])('of every text is enough: %s', (_name, colours = {}) => {
    const { page = '', panel = '' } = colours;
    for (const name of ['ink', 'muted', 'primary', 'standby', 'parked', 'failed'])
      expect([name, contrast(colours[name] ?? '', page) >= 4.5]).toEqual([name, true]);
    for (const name of ['ink', 'muted'])
      expect([name, contrast(colours[name] ?? '', panel) >= 4.5]).toEqual([name, true]);
  });
});
