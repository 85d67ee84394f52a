import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  commandSeconds,
  deliverySeconds,
  lockWaitSeconds,
  scriptSeconds,
  workSeconds,
} from '../../../lambda/contract/durations.ts';

const waits = fc.record({
  startTimeoutSeconds: fc.integer({ min: 1, max: 900 }),
  stopGraceSeconds: fc.integer({ min: 1, max: 300 }),
  hookTimeoutSeconds: fc.integer({ min: 1, max: 300 }),
});

test('each contains what happens within it', () => {
  fc.assert(
    fc.property(waits, (one) => {
      const { startTimeoutSeconds: start, stopGraceSeconds: stop, hookTimeoutSeconds: hook } = one;
      // A start: the image is pulled, a container that hangs is ended, the new one gets healthy; and a stop.
      expect(workSeconds(one)).toBeGreaterThan(hook + start + Math.min(3, stop) + start + hook);
      expect(workSeconds(one)).toBeGreaterThan(hook + stop + hook);
      // Whoever waits, waits for a whole command.
      expect(lockWaitSeconds(one)).toBeGreaterThanOrEqual(workSeconds(one));
      expect(scriptSeconds(one)).toBeGreaterThan(lockWaitSeconds(one) + workSeconds(one));
      // `prepare` waits as long for a pull, and twice a quarter of it for the lock.
      expect(scriptSeconds(one)).toBeGreaterThan(1.5 * lockWaitSeconds(one) + 20);
      expect(commandSeconds(one)).toBeGreaterThan(deliverySeconds + scriptSeconds(one));
    }),
  );
});
