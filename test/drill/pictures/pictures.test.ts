import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MOST_BYTES, picturesFolder } from '../../../drill/pictures/camera.ts';
import { mailPage } from '../../../drill/pictures/mail-page.ts';
import { repack } from '../../../drill/pictures/repack.ts';
import { withPages } from '../../../drill/pictures/prometheus-pages.ts';
import { terminalPage } from '../../../drill/pictures/terminal.ts';

describe('the pictures of the README', () => {
  const readme = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
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

test('a picture that is packed anew has the same pixels, whatever the filters of its lines', () => {
  const step = 3;
  const width = 2 * step;
  const pixels = Array.from({ length: 5 }, (_, line) =>
    Buffer.from([10, 20, 30, 40, 50, 60].map((value) => (value * (line + 3)) & 255)),
  );
  const around = (line: number, at: number) => {
    const of = (row: number, column: number) => (column < 0 ? 0 : (pixels[row]?.[column] ?? 0));
    return [of(line, at - step), of(line - 1, at), of(line - 1, at - step)] as const;
  };
  const guesses = [
    () => 0,
    (left: number) => left,
    (_: number, up: number) => up,
    (left: number, up: number) => (left + up) >> 1,
    (left: number, up: number, both: number) =>
      [left, up, both].toSorted(
        (a, b) => Math.abs(left + up - both - a) - Math.abs(left + up - both - b),
      )[0] ?? 0,
  ];
  const filtered = pixels.map((row, line) =>
    Buffer.from([
      line,
      ...row.map((value, at) => (value - (guesses[line]?.(...around(line, at)) ?? 0)) & 255),
    ]),
  );
  const png = pngOf(2, pixels.length, deflateSync(Buffer.concat(filtered), { level: 0 }));
  const again = repack(png);
  expect(again.length).toBeLessThan(png.length);
  const idat = again.subarray(again.indexOf('IDAT') + 4, again.indexOf('IEND') - 8);
  const plain = Buffer.concat(pixels.map((row) => Buffer.from([0, ...row])));
  expect(inflateSync(idat)).toEqual(plain);
  expect(plain.length).toBe(5 * (width + 1));
  expect(repack(again)).toEqual(again);
});

/** A PNG of RGB; nobody looks at its checksums here. */
function pngOf(width: number, height: number, data: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const chunk = (type: string, content: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    return Buffer.concat([length, Buffer.from(type), content, Buffer.alloc(4)]);
  };
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
