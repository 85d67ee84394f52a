import { siteParts } from '../parts/of-drill.ts';
import { seconds } from './support/away-and-home.ts';
import { standbyAnswers } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome } from './support/verdicts.ts';

export const siteDark: Scenario = {
  name: 'site-dark',
  breaks: 'The whole site goes dark at once: HAProxy, the monitoring and the primary. Later it comes back.',
  expected:
    'Nobody says a word, a witness in the cloud does not see the site either, and the standby is started and answers within 60 s. When the site is back, the service comes home.',
  needs: { changes: { witness: true } },
  usualSeconds: 50,
  async play(stage, tools) {
    const since = tools.breaks('everything on the site is killed (SIGKILL)');
    stage.site.primary().signal('SIGKILL');
    await Promise.all([stage.site.primary().exited, ...siteParts.map(stage.site.kill)]);
    await tools.recorded('serving', 60, 1);
    const answers = await standbyAnswers(stage);
    const took = (Date.now() - since) / 1000;
    const { reason } = await tools.entry('failover-started', 10);
    tools.does('the site comes back');
    await tools.primary.start();
    for (const part of siteParts.toReversed()) await stage.site.start(part);
    await tools.recorded('home', seconds.home, 2);
    return {
      checks: [
        check(
          'the standby answers on its own port',
          answers,
          `the standby ${answers ? 'answered' : 'did not answer'} ${took.toFixed(0)} s after the site went dark`,
        ),
        check('because the site is dark', reason === 'site-dark', `failover because of ${reason}`),
        ...(await isHome(stage, 2)),
      ],
    };
  },
};
