import { describe, expect, test } from 'vitest';
import { explored, patientWorlds } from './worlds.ts';

describe('every state that can be reached, when nothing is started before it is certain', () => {
  test.each(Object.keys(patientWorlds))('%s', { timeout: 300_000 }, async (name) => {
    const { broken, isComplete, bounds } = await explored(name);
    expect(broken).toEqual([]);
    expect(isComplete).toBe(true);
    // From anywhere, with the world well again, the right site serves within this many seconds.
    expect(Math.max(bounds.home, bounds.standby)).toBeLessThanOrEqual(8);
  });
});
