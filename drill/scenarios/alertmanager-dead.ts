import { servedBy } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, wasSent, wasTold } from './support/verdicts.ts';

export const alertmanagerDead: Scenario = {
  name: 'alertmanager-dead',
  breaks:
    'Alertmanager is killed while the primary is healthy and a witness sees the site. Later it comes back.',
  expected:
    'Nothing moves; within 45 s people are told that the site is silent because Alertmanager is dead, and after its return that the site is heard again.',
  needs: { changes: { witness: true } },
  async play(stage, tools) {
    tools.breaks('Alertmanager is killed (SIGKILL)');
    await stage.site.kill('alertmanager');
    await tools.told('the site is silent', 45);
    const silent = await tools.entry('site-silent', 15);
    await tools.stays('nothing moves', 5, async () => {
      const { phase, epoch } = await stage.state();
      return phase === 'home' && epoch === 0 && (await servedBy(stage)) === 'primary';
    });
    tools.does('Alertmanager is started again');
    await stage.site.start('alertmanager');
    await tools.told('the site is heard again', 45);
    return {
      checks: [
        check(
          'people were told why',
          silent.reason === 'alertmanager-dead',
          `told that the site is silent: ${silent.reason}`,
        ),
        wasTold(stage, 'the site is silent'),
        wasTold(stage, 'the site is heard again'),
        wasSent(stage, 'start', 0),
        ...(await isHome(stage, 0)),
      ],
    };
  },
};
