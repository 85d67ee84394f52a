import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAssignments, written } from '../../bin/cli/site/compose-env.ts';
import { parseEnvFile, setVariable } from '../../bin/cli/site/env-file.ts';

const outside = (name: string) => ({ HOME: '/home/ops', EMPTY: '' })[name];
const read = (text: string) =>
  Object.fromEntries(readAssignments(text, outside).map(({ name, value }) => [name, value]));

/** What `docker-compose config` of Compose 2.40.3 makes of each line. */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: Compose's variables, not ours
const lines: [string, string | undefined][] = [
  ['A=abc', 'abc'],
  ['A=abc#123', 'abc#123'],
  ['A=abc #123', 'abc'],
  ['A=#123', '#123'],
  ['A=', ''],
  ['A= spaced  ', 'spaced'],
  ['A=${HOME}', '/home/ops'],
  ['A=$HOME/x', '/home/ops/x'],
  ['A="${HOME}"', '/home/ops'],
  ["A='${HOME}'", '${HOME}'],
  ['A=${NONE}', ''],
  ['A=${NONE:-word}', 'word'],
  ['A=${EMPTY:-word}', 'word'],
  ['A=${EMPTY-word}', ''],
  ['A=${HOME:+word}', 'word'],
  ['A=a$$b', 'a$b'],
  ['B=1\nA=${B}2', '12'],
  ['A=1\nA=2', '2'],
  ['export A=1', '1'],
  ['A: 1', '1'],
  ['  A = 1', '1'],
  ['A="x # y"  # z', 'x # y'],
  ["A='x # y'", 'x # y'],
  ['A="one\\ntwo"', 'one\ntwo'],
  ["A='one\\ntwo'", 'one\\ntwo'],
  ['A="say \\"hi\\""', 'say "hi"'],
  ['A="costs \\$5"', 'costs $5'],
  ['A="one\ntwo"', 'one\ntwo'],
  ['A=x\r\nB=y', 'x'],
  ['#A=1', undefined],
  ['# A=1\n\n', undefined],
  ['A=p@ss=w%rd', 'p@ss=w%rd'],
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

describe('S4: .env is read as Compose reads it', () => {
  it.each(lines)('%j', (text, value) => {
    expect(read(text).A).toBe(value);
  });

  it.each([
    ['A="open', 'line 1: A begins with ", expected another " at its end'],
    ['A=1\nnonsense', 'line 2: received "nonsense", expected NAME=value'],
  ])('%j is refused with the line', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('whatever is written is read as itself', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text)),
        (value) => {
          expect(read(`B=1\nA=${written(value)}\nC=3`)).toEqual({
            B: '1',
            A: value.trim() === value ? value : value,
            C: '3',
          });
        },
      ),
    );
  });

  it('of two assignments the one that counts is changed', () => {
    const text = '# first\nA=1\nB=2\n  export A="old\nvalue" # why\nC=3\n';
    const changed = setVariable(text, 'A', 'new value');
    expect(changed).toBe("# first\nA=1\nB=2\n  A='new value' # why\nC=3\n");
    expect(parseEnvFile(changed)).toMatchObject({ A: 'new value', B: '2', C: '3' });
  });
});
