import { away } from './support/away-and-home.ts';
import { servedBy } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isOnStandby, wasTold } from './support/verdicts.ts';

export const standbyCrash: Scenario = {
  name: 'standby-crash',
  breaks: 'The container of the standby dies while it serves and the primary is dead.',
  expected:
    'The site wakes it again within 10 s, people are told with the next look at it, and it serves on in the same epoch.',
  // In production a minute.
  needs: { derived: { verifySeconds: 10 } },
  async play(stage, tools) {
    await away(tools);
    const serves = async () => (await servedBy(stage)) === 'standby';
    await tools.until('the standby serves', 15, serves);
    const since = tools.breaks('the container of the standby is killed');
    await stage.host.crash();
    await stage.serverChanges.first(
      'HAProxy sees the standby down',
      ({ server, state }) => server === 'standby' && state === 'DOWN',
      { since, seconds: 15 },
    );
    await tools.until('the standby serves again', 10, serves);
    const gone = (Date.now() - since) / 1000;
    await tools.told('the standby had died and was restarted', 30);
    await tools.stays('the standby serves', 5, serves);
    return {
      checks: [
        check('it came back', true, `served again ${gone.toFixed(1)} s after it died`),
        wasTold(stage, 'the standby had died and was restarted'),
        ...(await isOnStandby(stage, 1)),
      ],
    };
  },
};
