import { seconds } from './support/away-and-home.ts';
import { servedBy, standbyAnswers } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, wasTold } from './support/verdicts.ts';

const STAY_SECONDS = 5;

export const operatorMoves: Scenario = {
  name: 'operator-moves',
  isAboutCloud: true,
  breaks:
    'An operator pauses the automation, and the primary is killed. Then: resume, and later a switchover and a failback with a healthy primary.',
  expected:
    'The pause refuses the failover and says so, the resume lets it happen; after the switchover the standby stays in charge until the failback.',
  usualSeconds: 50,
  async play(stage, tools) {
    const paused = await tools.operator({ action: 'pause', seconds: 600, why: 'a drill' });
    await tools.primary.kill();
    await tools.told('a failover was refused', 30);
    await tools.stays('nothing moves', STAY_SECONDS, async () => {
      const { epoch, why } = await stage.state();
      return epoch === 0 && why === 'paused-by-operator';
    });
    const resumed = await tools.operator({ action: 'resume' });
    await tools.recorded('serving', seconds.serving, 1);
    const byStandby = await servedBy(stage);
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);

    const switched = await tools.operator({ action: 'switchover' });
    await tools.recorded('serving', seconds.serving, 3);
    await tools.stays('the standby stays in charge and answers', STAY_SECONDS, async () => {
      const { phase, epoch } = await stage.state();
      return phase === 'serving' && epoch === 3 && (await standbyAnswers(stage));
    });
    const clientsOf = await servedBy(stage);
    const { why } = await stage.state();
    const failedBack = await tools.operator({ action: 'failback' });
    await tools.recorded('home', seconds.home, 4);
    const answers = { paused, resumed, switched, failedBack };
    return {
      checks: [
        check(
          'every request was accepted',
          Object.values(answers).every(({ accepted }) => accepted),
          Object.entries(answers)
            .map(([name, { accepted }]) => `${name}: ${accepted ? 'done' : 'refused'}`)
            .join(', '),
        ),
        check('the standby served after the resume', byStandby === 'standby', `${byStandby} served then`),
        check(
          'the switchover held',
          why === 'held-by-operator',
          `after the switchover ${why} (HAProxy sent clients to the ${clientsOf})`,
        ),
        ...['automation is paused', 'a failover was refused', 'automation is resumed'].map((words) =>
          wasTold(stage, words),
        ),
        wasTold(stage, 'switchover to the standby started'),
        ...(await isHome(stage, 4)),
      ],
    };
  },
};
