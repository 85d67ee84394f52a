import { instancesCommanded, thereAndBack } from './support/deployments.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing, wasTold } from './support/verdicts.ts';

export const redeployReplacedHost: Scenario = {
  name: 'redeploy-replaced-host',
  isAboutCloud: true,
  breaks:
    'Amazon publishes a machine image, and a deployment replaces the host. Then an operator asks for a self-test, and the primary is killed. Nobody touches the site.',
  expected:
    'The new host prepares itself and is the same standby: the self-test passes, the failover goes there, and nothing is lost.',
  needs: { latencies: { instanceStartSeconds: 3, agentOnlineSeconds: 2 } },
  usualSeconds: 60,
  async play(stage, tools) {
    const clients = await tools.clients();
    await thereAndBack(stage, tools, 1);
    const [before] = stage.cloud.instanceIds;
    const { prepared } = await stage.redeploy({}, true);
    const [after] = stage.cloud.instanceIds;
    await prepared;
    const since = tools.does('the new host is prepared');
    await tools.operator({ action: 'self-test' });
    const ended = await tools.entry('self-test-passed', 60).then(
      () => 'passed',
      ({ message }: Error) => message,
    );
    await tools.recorded('home', 30, 2);
    await thereAndBack(stage, tools, 2);
    const commanded = instancesCommanded(stage, since);
    return {
      checks: [
        check(
          'the host is another one',
          before !== after,
          before === after ? 'the host stayed' : 'another host',
        ),
        check(
          'every command went to it',
          commanded.length === 1 && commanded[0] === after,
          commanded.every((id) => id === after)
            ? 'every command went there'
            : `commands to ${commanded.join(', ')}`,
        ),
        check('the self-test passed, seen by HAProxy', ended === 'passed', `self-test: ${ended}`),
        ...lostNothing(await clients.finish()),
        wasTold(stage, 'failover to the standby started', 2),
        ...(await isHome(stage, 4)),
      ],
    };
  },
};
