import { DrillError } from '../kit/errors.ts';
import { servedBy } from './support/outside.ts';
import { hurried, type Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing, wasSent, wasTold } from './support/verdicts.ts';

/** Long after the last word from the site has lost its meaning. */
const STAY_SECONDS = hurried.heartbeatTimeoutSeconds + 5;

export const siteCutOff: Scenario = {
  name: 'site-cut-off',
  breaks: 'The line between the site and the cloud is cut while the primary is healthy. There is no witness.',
  expected:
    'Nothing moves and clients lose nothing; people are told that the site is silent, and that it is heard again when the line is back.',
  needs: { canBeCut: true },
  async play(stage, tools) {
    const { link } = stage;
    if (!link) throw new DrillError('the stage has no line that can be cut');
    const clients = await tools.clients();
    tools.breaks('the line between Alertmanager and the webhook is cut');
    link.cut();
    await tools.stays('nothing moves', STAY_SECONDS, async () => {
      const { phase, epoch } = await stage.state();
      return phase === 'home' && epoch === 0 && (await servedBy(stage)) === 'primary';
    });
    await tools.told('the site is silent', 20);
    const silent = await tools.entry('site-silent', 15);
    tools.does('the line is back');
    link.restore();
    await tools.told('the site is heard again', 45);
    return {
      checks: [
        check(
          'people were told why',
          silent.reason === 'site-silent',
          `told that the site is silent: ${silent.reason}`,
        ),
        wasTold(stage, 'the site is silent'),
        wasTold(stage, 'the site is heard again'),
        ...lostNothing(await clients.finish()),
        wasSent(stage, 'start', 0),
        ...(await isHome(stage, 0)),
      ],
    };
  },
};
