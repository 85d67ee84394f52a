import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { perRun, withFigures } from '../../../drill/bench/readme.ts';
import { rowsOf } from '../../../drill/bench/rows.ts';
import { run } from './fixture.ts';

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const readme = read('README.md');

const rows = rowsOf([
  run('this', 'sigkill', { recovery: 0.524, lostPost: 33, inFlight: 46 }),
  run('this', 'health-500', { recovery: 2.5, executedTwice: 1 }),
  run('this', 'sigstop'),
  run('this', 'clean-stop'),
  run('this', 'blip'),
  run('this', 'stall'),
  run('hot', 'sigkill', { lostIdempotent: 5387 }),
  run('frozen', 'sigkill'),
  run('no-line', 'sigkill'),
  run('hot-tuned', 'sigkill'),
  run('no-parking', 'sigkill'),
  run('reference', 'sigkill', { recovery: 97.8 }),
]);

describe('the figures of the README', () => {
  test('are written into their place, and nothing else is touched', () => {
    const text = withFigures(readme, rows) ?? '';
    expect(text).toContain('| **hybrid-failover**, standby asleep | 1 | 0 | 33 (46) | 0.52 s | 0.52 s |');
    expect(text).toContain('| hot standby, stock HAProxy `backup` | 1 | 5,387 | 0 (0) | 2.00 s | 2.00 s |');
    expect(text).toContain('hybrid-failover lost 0 idempotent requests and executed 1 POSTs twice');
    const rest = (all: string) => [all.split('<!-- made by')[0], all.split('what it made -->')[1]];
    expect(rest(text)).toEqual(rest(readme));
    expect(withFigures(text, rows)).toBe(text);
  });

  test.each(rows.map(({ config, fault }) => [config, fault]))(
    'are left alone without %s, %s',
    (config, fault) => {
      expect(
        withFigures(
          readme,
          rows.filter((row) => row.config !== config || row.fault !== fault),
        ),
      ).toBe(undefined);
    },
  );

  test('need a place', () => {
    expect(() => withFigures('# hybrid-failover', rows)).toThrow(
      'README.md: expected "<!-- made by npm run bench',
    );
  });

  test('are of the session that docs/bench.md has', () => {
    const page = read('docs/bench.md');
    const cells = (line: string) => line.split('|').map((cell) => cell.trim());
    const ofPage = page
      .split('\n')
      .filter((line) => /^\| \S+ +\| sigkill +\| +\d/.test(line))
      .map(cells);
    const table =
      readme
        .split('<!-- made by')[1]
        ?.split('\n')
        .filter((line) => /^\| .*\d s \|$/.test(line)) ?? [];
    expect(table).toHaveLength(4);
    const shown = ofPage.map(([, , , runs, lost, posts = '', , median, worst, slowest]) => {
      const [lostPosts, inFlight] = posts.split(' / ');
      const each = (count = '') => perRun(Number(count), Number(runs));
      return [runs, each(lost), `${each(lostPosts)} (${each(inFlight)})`, median, worst, slowest];
    });
    for (const [, , ...row] of table.map(cells)) expect(shown).toContainEqual(row.slice(0, -1));
  });
});
