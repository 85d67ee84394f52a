import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { phaseNames, recovery } from '../../../drill/verify/phases.ts';

const marks = { detect: 100, alert: 1300, decide: 1400, dispatch: 2400, start: 3000, route: 3600 };

describe('the phases of a recovery', () => {
  it('each ends where the next begins', () => {
    expect(recovery(0, marks)).toEqual({
      recoverySeconds: 3.6,
      phases: { detect: 0.1, wake: 0, alert: 1.2, decide: 0.1, dispatch: 1, start: 0.6, route: 0.6 },
    });
  });

  it('woken by the site, before anybody could have started it, the control plane takes no time', () => {
    expect(recovery(0, { ...marks, start: 500, route: 600 }).phases).toEqual({
      detect: 0.1,
      wake: 0.4,
      alert: 0,
      decide: 0,
      dispatch: 0,
      start: 0,
      route: 0.1,
    });
  });

  it('a script that ends after the first client was answered counts up to then', () => {
    const { phases } = recovery(0, { ...marks, start: 9000 });
    expect(phases).toMatchObject({ start: 1.2, route: 0 });
  });

  it('none is negative, and they add up, whatever the order of the marks', () => {
    const mark = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(
        mark,
        fc.record({ detect: mark, alert: mark, decide: mark, dispatch: mark, start: mark, route: mark }),
        (failedAt, any) => {
          const { recoverySeconds, phases } = recovery(failedAt, any);
          const all = phaseNames.map((name) => phases[name]);
          expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
          expect(all.reduce((sum, one) => sum + one, 0)).toBeCloseTo(recoverySeconds, 6);
        },
      ),
    );
  });
});
