import type { Entry } from '../../lambda/domain/history.ts';
import { awayAndHome, seconds } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import type { Tools } from './support/tools.ts';
import { check, lostNothing, wasTold } from './support/verdicts.ts';

/** As much later as a look may take on a busy machine; a publish that hangs is given up after 4 s. */
const TOLERANCE_SECONDS = 3;

export const mailDead: Scenario = {
  name: 'mail-dead',
  isAboutCloud: true,
  breaks: 'Every publish to SNS hangs from before the primary is killed until the service is home again.',
  expected:
    'The failover is decided, carried out and recorded as fast as with a healthy SNS, which is measured first; afterwards each mail comes once.',
  // Both failovers start ahead of the decision, so that they are alike.
  needs: { derived: { suspicionIntervalSeconds: 0 } },
  usualSeconds: 75,
  tolerates: ['function-failed'],
  async play(stage, tools) {
    const healthy = await awayAndHome(stage, tools, {
      strike: tools.primary.kill,
      repair: tools.primary.start,
    });
    const before = await tookToServe(tools, 1);
    const release = stage.cloud.faults.hang('sns:Publish');
    tools.breaks('every publish to SNS hangs');
    const clients = await tools.clients();
    const since = await tools.primary.kill();
    await clients.answeredBy('standby', 'clients are answered by the standby', {
      since,
      seconds: seconds.away,
    });
    await tools.recorded('serving', seconds.serving, 3);
    const after = await tookToServe(tools, 3);
    const repaired = await tools.primary.start();
    await clients.answeredBy('primary', 'clients are answered by the primary again', {
      since: repaired,
      seconds: seconds.back,
    });
    await tools.recorded('home', seconds.home, 4);
    const silent = wasTold(stage, 'failover to the standby started', 1);
    release();
    tools.does('SNS answers again');
    await tools.until('nothing waits to be told', 60, async () => (await stage.state()).outbox.length === 0);
    // SNS has taken it; the mail follows.
    await tools.until('the last mail is here', 15, () => wasTold(stage, 'the standby sleeps', 2).held);
    return {
      checks: [
        ...healthy,
        check(
          'serving is recorded as fast as with a healthy SNS',
          after <= before + TOLERANCE_SECONDS,
          `recorded ${after.toFixed(1)} s after the first bad sign, ${before.toFixed(1)} s with a healthy SNS`,
        ),
        check('nobody could be told meanwhile', silent.held, silent.observed),
        ...lostNothing(await clients.finish()),
        wasTold(stage, 'failover to the standby started', 2),
        wasTold(stage, 'the standby sleeps', 2),
      ],
    };
  },
};

/** Seconds from the first bad sign until the standby was recorded as serving, in this epoch. */
async function tookToServe(tools: Tools, of: number): Promise<number> {
  const inEpoch = ({ epoch }: Entry) => epoch === of;
  const started = await tools.entry('failover-started', 15, inEpoch);
  const completed = await tools.entry('failover-completed', 15, inEpoch);
  return (completed.at - (started.seen?.since ?? started.at)) / 1000;
}
