import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seconds } from './support/away-and-home.ts';
import { standbyAnswers } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, isOnStandby } from './support/verdicts.ts';

const VETO = 'the licence server is not reachable';

export const hookVeto: Scenario = {
  name: 'hook-veto',
  isAboutCloud: true,
  breaks:
    'A hook on the host vetoes every start of the standby; the primary is killed. Later the hook agrees.',
  expected:
    'The standby is not started, people are told what the hook said, and the standby serves within 90 s of the hook agreeing.',
  async play(stage, tools) {
    const folder = join(stage.host.hooksFolder, stage.rehearsed.service.name);
    const hook = join(folder, 'before-start');
    mkdirSync(folder, { recursive: true });
    writeFileSync(hook, `#!/bin/sh\necho '${VETO}' >&2\nexit 1\n`, { mode: 0o755 });
    await tools.primary.kill();
    const mail = await tools.told('a command on the standby host failed', 45);
    await tools.stays('the standby is not started', 5, async () => !(await standbyAnswers(stage)));
    tools.does('the hook is taken away');
    rmSync(hook);
    await tools.recorded('serving', 90, 1);
    const onStandby = await isOnStandby(stage, 1);
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);
    return {
      checks: [
        check(
          'people were told what the hook said',
          mail.text.includes(VETO),
          `told: ${/^Detail: +(.*)/m.exec(mail.text)?.[1] ?? mail.subject}`,
        ),
        ...onStandby,
        ...(await isHome(stage, 2)),
      ],
    };
  },
};
