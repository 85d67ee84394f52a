import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { repository } from './site.ts';

const script = `${repository}monitoring/render.sh`;

/** Renders one text, in which <A> stands for the marker of the variable A, and says what came of it. */
function render(text: string, env: Record<string, string> = {}, rest: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'render-'));
  const [input, output] = [join(folder, 'in.yml'), join(folder, 'out.yml')];
  writeFileSync(input, text.replace(/<(\w+[-?]?)>/g, `# \${$1}`));
  const run = spawnSync('sh', [script, input, output, ...rest], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  const rendered = existsSync(output) ? readFileSync(output, 'utf8') : null;
  return { ...run, rendered, input, folder };
}

describe('what is rendered', () => {
  test('a mapping value, a list item and a value within a list item', () => {
    const text = 'a: old <A>\nlist:\n  - old <B>\n  - key: old <A>\nkept: as it is # a remark\n';
    const { rendered, status } = render(text, { A: 'one', B: 'two' });
    expect(status).toBe(0);
    expect(parse(rendered ?? '')).toEqual({ a: 'one', list: ['two', { key: 'one' }], kept: 'as it is' });
  });

  test.each([
    'a "quoted" one',
    'back\\slash',
    '$HOME `x` $(y) & | ;',
    '# hash: colon',
    'ä 漢 🙂',
    '  spaces  ',
    '0755',
  ])('the value %j survives as it is', (value) => {
    expect(parse(render('a: old <A>\n', { A: value }).rendered ?? '')).toEqual({ a: value });
  });

  test.each([
    ['set', { A: 'one' }, { a: 'one', b: 1 }],
    ['not set', {}, { b: 1 }],
    ['empty', { A: '' }, { b: 1 }],
  ])('a line that may be left out, with its variable %s', (_, env, expected) => {
    expect(parse(render('a: old <A?>\nb: 1\n', env).rendered ?? '')).toEqual(expected);
  });

  test('a file that is empty on purpose will do', () => {
    expect(parse(render('a: old <A_FILE>\n', { A_FILE: '/dev/null' }).rendered ?? '')).toEqual({
      a: '/dev/null',
    });
  });

  test('a shipped true or false stays a boolean', () => {
    expect(parse(render('a: true <A>\n', { A: 'false' }).rendered ?? '')).toEqual({ a: false });
  });

  test.each<Record<string, string>>([{}, { A: '' }])('an optional variable may be missing: %j', (env) => {
    expect(parse(render('a: old <A->\n', env).rendered ?? '')).toEqual({ a: '' });
  });

  test('the command takes over, with its exit code and arguments', () => {
    const run = render('a: old <A>\n', { A: 'x' }, ['--', 'sh', '-c', 'echo "ran $1"; exit 7', '-', 'a b']);
    expect(run.stdout).toBe('ran a b\n');
    expect(run.status).toBe(7);
  });
});

describe('bad input ends with exit code 1, one line, and no file', () => {
  const cases: [string, string, Record<string, string>, RegExp][] = [
    ['unset', 'x: 1\na: old <A>\n', {}, /^render\.sh: A is not set; expected a value; .*in\.yml line 2\)\n$/],
    ['empty', 'a: old <A>\n', { A: '' }, /^render\.sh: A is empty; expected a value; .* line 1\)\n$/],
    ['a line break', 'a: old <A>\n', { A: 'x\ny: z' }, /^render\.sh: A holds a line break .* line 1\)\n$/],
    ['a tab', 'a: old <A>\n', { A: 'x\ty' }, /^render\.sh: A holds .*control character.* line 1\)\n$/],
    ['no boolean', 'a: true <A>\n', { A: 'yes' }, /^render\.sh: A is "yes"; expected true or false; .*\n$/],
    [
      'no file',
      'a: x <A_FILE>\n',
      { A_FILE: '/none' },
      /^render\.sh: A_FILE is "\/none"; expected the path .*\n$/,
    ],
    [
      'a folder',
      'a: x <A_FILE>\n',
      { A_FILE: '/tmp' },
      /^render\.sh: A_FILE is "\/tmp"; expected the path .*\n$/,
    ],
    [
      'no value to replace',
      'a:\n  <A>\n',
      { A: 'x' },
      /^render\.sh: .*names a variable; expected .* line 2\)\n$/,
    ],
  ];
  test.each(cases)('%s', (_, text, env, message) => {
    const run = render(text, env, ['--', 'echo', 'must not run']);
    expect(run.stderr).toMatch(message);
    expect(run.status).toBe(1);
    expect(run.rendered).toBeNull();
    expect(run.stdout).toBe('');
  });

  test('a file that cannot be read, or written', () => {
    const missing = spawnSync('sh', [script, '/none.yml', '/tmp/out.yml'], { encoding: 'utf8' });
    expect(missing.stderr).toBe(
      "render.sh: cannot read '/none.yml'; give the path of a readable config file\n",
    );
    const { input } = render('a: b\n');
    const unwritable = spawnSync('sh', [script, input, '/none/out.yml'], { encoding: 'utf8' });
    expect(unwritable.status).toBe(1);
    expect(unwritable.stderr).toContain("render.sh: cannot write '/none/out.yml'");
  });

  test('wrong arguments', () => {
    expect(spawnSync('sh', [script], { encoding: 'utf8' }).stderr).toMatch(/received 0 arguments; expected/);
    const { input, folder } = render('a: b\n');
    const run = spawnSync('sh', [script, input, join(folder, 'o'), 'echo'], { encoding: 'utf8' });
    expect(run.stderr).toMatch(/received 'echo' after the two files; expected '--'/);
  });
});

test('an earlier result is not left half replaced', () => {
  const { input, folder } = render('a: old <A>\n', { A: 'first' });
  const output = join(folder, 'out.yml');
  expect(() =>
    execFileSync(script, [input, output], { env: { PATH: process.env.PATH }, stdio: 'pipe' }),
  ).toThrow();
  expect(parse(readFileSync(output, 'utf8'))).toEqual({ a: 'first' });
});
