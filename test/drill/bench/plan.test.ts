import { describe, expect, test } from 'vitest';
import { planRuns } from '../../../drill/bench/plan.ts';

const counted = (plan: ReturnType<typeof planRuns>) => {
  const counts: Record<string, number> = {};
  for (const { config, fault } of plan)
    counts[`${config} ${fault}`] = (counts[`${config} ${fault}`] ?? 0) + 1;
  return counts;
};

describe('the plan', () => {
  test('gives each config and fault its share', () => {
    expect(counted(planRuns({ runs: 20 }))).toEqual({
      'this sigkill': 20,
      'this sigstop': 20,
      'this health-500': 20,
      'this clean-stop': 20,
      'this blip': 20,
      'this stall': 20,
      'hot sigkill': 5,
      'hot sigstop': 5,
      'hot health-500': 5,
      'hot clean-stop': 5,
      'no-parking sigkill': 5,
      'no-parking sigstop': 5,
      'no-parking health-500': 5,
      'no-parking clean-stop': 5,
      'reference sigkill': 3,
      'no-suspicion sigkill': 5,
      'no-suspicion blip': 5,
    });
  });

  test('leaves nobody out, however few runs there are', () => {
    expect(planRuns({ runs: 1 })).toHaveLength(17);
    expect(Object.values(counted(planRuns({ runs: 1 })))).toEqual(Array(17).fill(1));
  });

  test('takes turns: no quarter of the time belongs to one config alone', () => {
    const plan = planRuns({ runs: 20 });
    const quarter = plan.length / 4;
    for (let index = 0; index < 4; index++) {
      const part = counted(plan.slice(index * quarter, (index + 1) * quarter));
      expect(part['this sigkill']).toBeGreaterThanOrEqual(4);
      expect(part['hot sigkill']).toBeGreaterThanOrEqual(1);
      expect(part['no-parking health-500']).toBeGreaterThanOrEqual(1);
    }
  });

  test.each([
    ['one config', { config: 'hot' } as const, 20],
    ['one fault', { fault: 'blip' } as const, 25],
    ['one of each', { config: 'reference', fault: 'sigkill' } as const, 3],
    ['what is not measured', { config: 'reference', fault: 'blip' } as const, 0],
  ])('%s', (_what, chosen, length) => {
    expect(planRuns({ runs: 20, ...chosen })).toHaveLength(length);
  });
});
