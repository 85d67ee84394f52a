import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { withPages } from '../../../../drill/parts/prometheus-pages.ts';
import { MOST_BYTES, picturesFolder } from '../../../../drill/report/pictures/camera.ts';
import { mailPage } from '../../../../drill/report/pictures/mail-page.ts';
import { terminalPage } from '../../../../drill/report/pictures/terminal.ts';

describe('the pictures of the README', () => {
  const readme = readFileSync(fileURLToPath(new URL('../../../../README.md', import.meta.url)), 'utf8');
  const shown = [
    ...readme.matchAll(/!\[([^\]]*)\]\(docs\/pictures\/([^)]+)\)/g),
    ...readme.matchAll(/<img alt="([^"]*)" src="docs\/pictures\/([^"]+)"/g),
  ].map(([, alt = '', file = '']) => ({ alt, file }));
  const files = readdirSync(picturesFolder);

  test('say in words what they show', () => {
    expect(shown.length).toBeGreaterThan(0);
    for (const { alt, file } of shown) expect([file, alt.length > 20]).toEqual([file, true]);
  });

  test('are all there, and none is there in vain', () => {
    for (const { file } of shown) expect(files).toContain(file);
    for (const file of files) expect(readme).toContain(`docs/pictures/${file}`);
  });

  test.each(files)('%s is small', (file) => {
    const bytes = readFileSync(join(picturesFolder, file));
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(bytes.length).toBeLessThanOrEqual(MOST_BYTES);
  });
});

test('a terminal shows the lines as they were written', () => {
  const page = terminalPage({
    command: 'npm start',
    events: [{ at: 1500, who: 'drill', what: 'a <b>', tone: 'bad' }],
    start: 0,
    lines: ['', '  detect      0.01 s'],
  });
  expect(page).toContain(
    '<span class="c2">+   1.50 s</span><span class="c0">  drill          </span><span class="c31">a &lt;b&gt;</span><span class="c0"></span>\n',
  );
  expect(page).toContain('\n\n  detect      0.01 s\n');
});

test('a mail is shown with who wrote it to whom, line by line', () => {
  const mail = { at: 0, from: 'a@example.com', to: ['b@example.com', 'c@example.com'], subject: 'x & y' };
  const page = mailPage({ ...mail, text: 'one <1>\ntwo\n' });
  expect(page).toContain('<h1>x &amp; y</h1>');
  expect(page).toContain('<dt>To</dt><dd>b@example.com, c@example.com</dd>');
  expect(page).toContain('<pre>one &lt;1&gt;\ntwo\n</pre>');
});

describe('the pages of an unpacked Prometheus', () => {
  const name = 'prometheus';
  const make = (link: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'pages-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const web = join(folder, 'unpacked/usr/share/prometheus/web');
    mkdirSync(join(web, 'static/css'), { recursive: true });
    mkdirSync(join(web, 'templates'));
    symlinkSync('../nowhere', join(web, 'static', link));
    mkdirSync(join(folder, 'unpacked/usr/bin'));
    const command = join(folder, 'unpacked/usr/bin', name);
    writeFileSync(command, 'a /usr/share/prometheus/web/ b', { mode: 0o755 });
    return { folder, program: { name, version: '2', command, args: [], env: {} } as const };
  };

  test('that carries them inside is left as it is', async () => {
    const { folder, program } = make('x');
    const onPath = { ...program, source: 'path' } as const;
    expect(await withPages(onPath, folder)).toBe(onPath);
  });

  test('are missed by name if a package is', async () => {
    const { folder, program } = make('no-such-script');
    await expect(withPages({ ...program, source: 'package' }, join(folder, 'copy'))).rejects.toThrow(
      /need \/usr\/share\/javascript\/no-such-script; install the package/,
    );
  });

  test('are found by a copy, and the original stays', async () => {
    const { folder, program } = make('css-of-nobody');
    rmSync(join(folder, 'unpacked/usr/share/prometheus/web/static/css-of-nobody'));
    const copy = await withPages({ ...program, source: 'package' }, join(folder, 'copy'));
    expect(copy.command).toBe('sh');
    expect(copy.args.at(-1)).toBe(join(folder, 'copy/prometheus'));
    expect(readFileSync(join(folder, 'copy/prometheus'), 'utf8')).toMatch(/^a \/proc\/self\/fd\/9\/+ b$/);
    expect(readFileSync(program.command, 'utf8')).toBe('a /usr/share/prometheus/web/ b');
    expect(readdirSync(join(folder, 'copy/usr/share/prometheus/web/static'))).toEqual(['css']);
  });
});
