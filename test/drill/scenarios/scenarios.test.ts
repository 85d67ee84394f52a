import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bodySizes } from '../../../drill/scenarios/alert-storm.ts';
import { scenarios } from '../../../drill/scenarios/index.ts';
import { outcomeOf, stageFor } from '../../../drill/scenarios/support/play.ts';

const names = scenarios.map(({ name }) => name);
const named = scenarios.map((one) => [one.name, one] as const);

describe('the scenarios', () => {
  test('are all in the list, once, the default one first', () => {
    const folder = new URL('../../../drill/scenarios/', import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'index.ts');
    expect(names[0]).toBe('api-crash');
    expect(new Set(names).size).toBe(files.length);
    expect(names).toHaveLength(files.length);
  });

  test.each(named)('%s says in sentences what it breaks and what must become of it', (_name, one) => {
    for (const text of [one.breaks, one.expected]) expect(text).toMatch(/^[A-Z].*\.$/s);
  });

  test.each(named)('%s has a stage that can share a Docker daemon', (_name, one) => {
    const place = { configFile: 'x.yaml', workDir: '/w' };
    const { changes, workDir } = stageFor(one, place, { name: '2', folder: '/s' });
    expect([workDir, changes?.serviceName]).toEqual(['/w', 'api-2']);
    expect(stageFor(one, place, undefined).changes?.serviceName).toBeUndefined();
    if (one.unhurried) return;
    // Only where it is what the scenario is about.
    expect(changes?.policy?.selfTestHours).toBe(one.needs?.changes?.policy?.selfTestHours ?? 0);
  });
});

describe('an outcome', () => {
  const of = { name: 'blip', expected: 'Nothing.' };
  test('is passed if every check held, and says what was seen', () => {
    const checks = [
      { name: 'a', held: true, observed: '1 a' },
      { name: 'b', held: true, observed: '2 b' },
    ];
    expect(outcomeOf(of, checks, 1.26)).toEqual({
      ...of,
      outcome: 'passed',
      observed: '1 a; 2 b',
      seconds: 1.3,
    });
  });

  test('is failed if one did not, and says that first', () => {
    const checks = [
      { name: 'a', held: true, observed: '1 a' },
      { name: 'b is there', held: false, observed: 'no b' },
    ];
    expect(outcomeOf(of, checks, 0)).toMatchObject({
      outcome: 'failed',
      observed: 'NOT SO: b is there: no b; 1 a',
    });
  });
});

test('the bodies of the storm hold all alerts, from 1 to 500 each', () => {
  const sizes = bodySizes(5000);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(5000);
  expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([1, 500]);
  expect(sizes.length).toBeGreaterThan(60);
});
