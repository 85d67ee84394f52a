import { setTimeout as delay } from 'node:timers/promises';
import { standbyAnswers } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing, wasTold } from './support/verdicts.ts';

/** How long the primary is gone. */
const BLIP_SECONDS = 1;

export const blip: Scenario = {
  name: 'blip',
  breaks: 'The primary is killed (SIGKILL) and started again after a second.',
  expected:
    'No failover is recorded, no idempotent request is lost, and within 60 s a standby that was started on suspicion sleeps again.',
  // The primary is back just before the failover would be certain: one tick more could find it missing still.
  minuteTick: true,
  async play(stage, tools) {
    const clients = await tools.clients();
    await tools.primary.kill();
    await delay(BLIP_SECONDS * 1000);
    const since = await tools.primary.start();
    await stage.happenings.first(
      'the control plane hears that the primary is up again',
      (one) =>
        one.kind === 'webhook-received' &&
        one.alerts.some(({ name, observedAt = 0 }) => name === 'PrimaryUp' && observedAt * 1000 > since),
      { since, seconds: 30 },
    );
    const sleeps = async () => (await stage.state()).phase === 'home' && !(await standbyAnswers(stage));
    await tools.until('the standby sleeps again', 60, sleeps);
    await tools.stays('the standby sleeps', 3, sleeps);
    const kinds = (await stage.history()).map(({ kind }) => kind);
    return {
      checks: [
        check(
          'no failover is recorded',
          !kinds.includes('failover-started'),
          `history: ${kinds.join(', ') || 'nothing'}`,
        ),
        ...lostNothing(await clients.finish()),
        ...(await isHome(stage, 0)),
        wasTold(stage, '[failover]', 0),
      ],
    };
  },
};
