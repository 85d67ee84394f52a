import { seconds } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, isOnStandby, wasTold } from './support/verdicts.ts';

const START_SECONDS = 4;

export const imageBroken: Scenario = {
  name: 'image-broken',
  isAboutCloud: true,
  breaks: `The standby's image starts a container that never gets healthy; the primary is killed. Later the image is repaired.`,
  expected:
    'People are told that the start failed, it is tried again, and the standby serves within 60 s of the repair.',
  needs: { brokenImages: true, changes: { service: { startTimeoutSeconds: START_SECONDS } } },
  async play(stage, tools) {
    await tools.primary.kill();
    await tools.told('a command on the standby host failed', 45);
    const { phase } = await stage.state();
    tools.does('the image is repaired');
    await stage.repairImages();
    await tools.recorded('serving', 60, 1);
    const onStandby = await isOnStandby(stage, 1);
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);
    const failed = stage.happenings.all.filter((one) => one.kind === 'script-ended' && one.exitCode === 1);
    return {
      checks: [
        check('the start failed', failed.length > 0, `${failed.length} starts failed, phase then ${phase}`),
        wasTold(stage, 'the standby serves'),
        ...onStandby,
        ...(await isHome(stage, 2)),
      ],
    };
  },
};
