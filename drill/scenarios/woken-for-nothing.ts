import { DrillError } from '../kit/errors.ts';
import { standbyAnswers } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing, wasSent, wasTold } from './support/verdicts.ts';

export const wokenForNothing: Scenario = {
  name: 'woken-for-nothing',
  breaks:
    'The primary is killed and started again at once, while the webhook cannot be reached: the site wakes the standby, and the control plane knows nothing.',
  expected:
    'The standby sleeps again by itself within 60 s; later the history has the wake, and nobody is written to. Nobody calls the host while the primary is up.',
  // Looked at often: neither while it is awake nor afterwards is it a stranger.
  needs: { canBeCut: true, derived: { inspectSeconds: 3 } },
  async play(stage, tools) {
    const { link, line } = stage;
    if (!link) throw new DrillError('the stage has no line that can be cut');
    const clients = await tools.clients();
    const before = line.opened.length;
    tools.breaks('the line between Alertmanager and the webhook is cut');
    link.cut();
    await tools.primary.kill();
    await tools.primary.start();
    await tools.until('the standby is awake', 20, () => standbyAnswers(stage));
    await tools.until('the standby sleeps again', 60, async () => !(await standbyAnswers(stage)));
    const calls = line.opened.length;
    const up = stage.serverChanges.all.findLast(
      ({ server, state }) => server === 'primary' && state === 'UP',
    );
    const late = line.opened.filter((at) => at > (up?.at ?? 0)).length;
    link.restore();
    const found = await tools.entry('standby-woken', 60);
    return {
      checks: [
        check('nobody called before', before === 0, `${before} calls before`),
        check('the host was called', calls > 0, calls > 0 ? 'the host was called' : 'no call'),
        check('nobody called after the primary was up', late === 0, `${late} calls after the primary was up`),
        check('it is no news', found.quiet === true, found.quiet ? 'kept quietly' : 'people were written to'),
        ...lostNothing(await clients.finish()),
        wasSent(stage, 'start', 0),
        wasTold(stage, 'drift', 0),
        wasTold(stage, 'the site woke its standby by itself', 0),
        ...(await isHome(stage, 0)),
      ],
    };
  },
};
