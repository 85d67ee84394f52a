import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const drill = fileURLToPath(new URL('../../drill/', import.meta.url));

/** What the table of drill/README.md allows, by room. */
const allowed = new Map(
  [...readFileSync(join(drill, 'README.md'), 'utf8').matchAll(/^\| `([\w-]+)` \|.*\|([^|]*)\|$/gm)].map(
    ([, room = '', imports = '']) => [room, [...imports.matchAll(/`([\w-]+)`/g)].map(([, name]) => name)],
  ),
);

const entries = readdirSync(drill, { withFileTypes: true });
const rooms = entries.filter((one) => one.isDirectory()).map(({ name }) => name);

/** What the files of a room import from the drill, outside it. */
function importsOf(room: string): string[] {
  const files = readdirSync(join(drill, room), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const path = join(drill, room, file);
      const specifiers = [...readFileSync(path, 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+)'/g)];
      return specifiers.map(([, specifier = '']) => relative(drill, resolve(dirname(path), specifier)));
    })
    .filter((target) => !target.startsWith(`${room}/`));
}

test('every room is in the table, and nothing lies beside the rooms', () => {
  expect([...allowed.keys()].toSorted()).toEqual(rooms.toSorted());
  expect(entries.filter((one) => one.isFile()).map(({ name }) => name)).toEqual(['README.md']);
});

describe.each(rooms)('%s', (room) => {
  const used = new Set(
    importsOf(room)
      .filter((target) => !target.startsWith('..'))
      .map((target) => target.split('/')[0]),
  );

  test('imports what the table allows, and all of it', () => {
    expect([...used].toSorted()).toEqual(allowed.get(room)?.toSorted());
  });
});

test('cloud knows nothing of this project', () => {
  expect(importsOf('cloud').filter((target) => target.startsWith('..'))).toEqual([]);
});

test('no two rooms import each other, directly or not', () => {
  const reaches = (from: string, seen: Set<string>): Set<string> => {
    for (const next of allowed.get(from) ?? []) {
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      reaches(next, seen);
    }
    return seen;
  };
  for (const room of rooms) expect(reaches(room, new Set()), room).not.toContain(room);
});
