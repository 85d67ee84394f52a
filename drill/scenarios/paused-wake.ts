import { seconds } from './support/away-and-home.ts';
import { servedBy, standbyAnswers } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, wasSent, wasTold } from './support/verdicts.ts';

const STAY_SECONDS = 5;

export const pausedWake: Scenario = {
  name: 'paused-wake',
  isAboutCloud: true,
  breaks:
    'An operator pauses the automation; when the host has been told, the primary is killed. Then: resume.',
  expected:
    'The host refuses to be woken during the pause; after it the standby serves, and the service comes home.',
  async play(stage, tools) {
    await tools.operator({ action: 'pause', seconds: 600, why: 'a drill' });
    await tools.until(
      'the host knows of the pause',
      20,
      async () => (await stage.state()).toldWakeFrom !== undefined,
    );
    await tools.primary.kill();
    const before = stage.line.opened.length;
    await tools.stays('nobody is woken', STAY_SECONDS, async () => !(await standbyAnswers(stage)));
    const calls = stage.line.opened.length - before;
    await tools.told('a failover was refused', 30);
    await tools.operator({ action: 'resume' });
    await tools.recorded('serving', seconds.serving, 1);
    const by = await servedBy(stage);
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);
    return {
      checks: [
        check('the site asked, and was refused', calls > 0, `asked ${calls} × in ${STAY_SECONDS} s`),
        check('the standby served after the resume', by === 'standby', `${by} served then`),
        wasSent(stage, 'tell', 1),
        wasTold(stage, 'a failover was refused'),
        ...(await isHome(stage, 2)),
      ],
    };
  },
};
