import { away, seconds } from './support/away-and-home.ts';
import { servedBy } from './support/outside.ts';
import { hurried, type Scenario } from './support/scenario.ts';
import { check, isHome } from './support/verdicts.ts';

/** Well past every lease: by then nothing that was ever said about the primary counts. */
const STAY_SECONDS = hurried.heartbeatTimeoutSeconds + 5;

export const prometheusDead: Scenario = {
  name: 'prometheus-dead',
  breaks: 'Prometheus is killed while the primary is dead and the standby serves. Later both come back.',
  expected: `The standby serves on well past every lease, people are told that the site is silent because Prometheus is dead, and traffic comes home within 60 s of the return.`,
  usualSeconds: 50,
  async play(stage, tools) {
    await away(tools);
    tools.breaks('Prometheus is killed (SIGKILL)');
    await stage.site.kill('prometheus');
    await tools.stays('the standby serves', STAY_SECONDS, async () => {
      const { phase, epoch } = await stage.state();
      return phase === 'serving' && epoch === 1 && (await servedBy(stage)) === 'standby';
    });
    await tools.told('the site is silent', 20);
    const silent = await tools.entry('site-silent', 20, ({ reason }) => reason === 'prometheus-dead');
    tools.does('Prometheus and the primary are started again');
    await stage.site.start('prometheus');
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);
    return {
      checks: [
        check('the standby stayed', true, `served on for ${STAY_SECONDS} s without Prometheus`),
        check('people were told why', true, `told that the site is silent: ${silent.reason}`),
        ...(await isHome(stage, 2)),
      ],
    };
  },
};
