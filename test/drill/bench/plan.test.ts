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
      'frozen sigkill': 20,
      'frozen sigstop': 20,
      'frozen health-500': 20,
      'frozen clean-stop': 20,
      'no-line sigkill': 5,
      'no-line sigstop': 5,
      'no-line health-500': 5,
      'no-line clean-stop': 5,
      'hot sigkill': 5,
      'hot sigstop': 5,
      'hot health-500': 5,
      'hot clean-stop': 5,
      'hot-tuned sigkill': 5,
      'hot-tuned sigstop': 5,
      'hot-tuned health-500': 5,
      'hot-tuned clean-stop': 5,
      'no-parking sigkill': 5,
      'reference sigkill': 3,
      'no-suspicion sigkill': 5,
      'no-suspicion blip': 5,
    });
  });

  test('leaves nobody out, however few runs there are', () => {
    expect(planRuns({ runs: 1 })).toHaveLength(26);
    expect(Object.values(counted(planRuns({ runs: 1 })))).toEqual(Array(26).fill(1));
  });

  test('takes turns: no quarter of the time belongs to one config alone', () => {
    const plan = planRuns({ runs: 20 });
    const quarter = plan.length / 4;
    for (let index = 0; index < 4; index++) {
      const part = counted(plan.slice(index * quarter, (index + 1) * quarter));
      expect(part['this sigkill']).toBeGreaterThanOrEqual(4);
      expect(part['hot sigkill']).toBeGreaterThanOrEqual(1);
      expect(part['no-line health-500']).toBeGreaterThanOrEqual(1);
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
