import { describe, expect, test } from 'vitest';
import { explored, hastyWorlds } from './worlds.ts';

const seen = new Set<string>();

describe('every state that can be reached, with the start on suspicion', () => {
  test.each(Object.keys(hastyWorlds))('%s', { timeout: 300_000 }, async (name) => {
    const { broken, isComplete, bounds, moves } = await explored(name);
    for (const move of moves) seen.add(move);
    expect(broken).toEqual([]);
    expect(isComplete).toBe(true);
    // From anywhere, with the world well again, the right site serves within this many seconds.
    expect(Math.max(bounds.home, bounds.standby)).toBeLessThanOrEqual(8);
  });
  // docs/states.svg is drawn from this; --update writes it.
  test('the moves between the phases', async () => {
    await expect(`${[...seen].sort().join('\n')}\n`).toMatchFileSnapshot('moves-hasty.txt');
  });
});
