import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { away, seconds } from './support/away-and-home.ts';
import { standbyAnswers } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing } from './support/verdicts.ts';

/** How long the stop takes. */
const STOP_SECONDS = 2;

export const wakeWhileStopping: Scenario = {
  name: 'wake-while-stopping',
  isAboutCloud: true,
  breaks:
    'After a failover the service is at home again. While the host stops the standby, the primary is killed again.',
  expected:
    'The stop is not disturbed and undoes nothing: the standby answers again right after it, nothing is lost, and in the end one site is in charge.',
  usualSeconds: 60,
  async play(stage, tools) {
    const hooks = join(stage.host.hooksFolder, stage.rehearsed.service.name);
    mkdirSync(hooks, { recursive: true });
    const hook = join(hooks, 'after-stop');
    writeFileSync(hook, `#!/bin/sh\nexec sleep ${STOP_SECONDS}\n`);
    chmodSync(hook, 0o755);
    const clients = await tools.clients();
    await away(tools);
    const since = await tools.primary.start();
    await stage.happenings.first(
      'the host stops the standby',
      (one) => one.kind === 'script-started' && one.parameters.action === 'stop',
      { since, seconds: seconds.home },
    );
    await tools.until('the standby is stopped', 20, async () => !(await standbyAnswers(stage)));
    const again = await tools.primary.kill();
    const served = await clients.answeredBy('standby', 'clients are answered by the standby again', {
      since: again,
      seconds: seconds.away,
    });
    const recovery = (served.at - again) / 1000;
    await tools.recorded('serving', seconds.serving, 3);
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 4);
    return {
      checks: [
        check(
          `clients are answered again within ${STOP_SECONDS + 3} s`,
          recovery <= STOP_SECONDS + 3,
          `answered again after ${recovery.toFixed(1)} s, with a stop of ${STOP_SECONDS} s in between`,
        ),
        ...lostNothing(await clients.finish()),
        ...(await isHome(stage, 4)),
      ],
    };
  },
};
