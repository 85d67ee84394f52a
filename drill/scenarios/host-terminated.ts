import { instancesCommanded, thereAndBack } from './support/deployments.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing } from './support/verdicts.ts';

const INSPECT_SECONDS = 3;

export const hostTerminated: Scenario = {
  name: 'host-terminated',
  isAboutCloud: true,
  breaks:
    'Somebody terminates the host while the standby sleeps. Then a deployment as "failover host replace" makes it, and the primary is killed.',
  expected:
    'People are told with the next look at the host; the new host prepares itself and is the same standby; nothing is lost.',
  needs: {
    latencies: { instanceStartSeconds: 3, agentOnlineSeconds: 2 },
    derived: { inspectSeconds: INSPECT_SECONDS },
  },
  usualSeconds: 60,
  async play(stage, tools) {
    const clients = await tools.clients();
    const [before = ''] = stage.cloud.instanceIds;
    const since = tools.breaks('the host is terminated');
    await stage.cloud.terminateInstance(before);
    const mail = await tools.told('drift found on the standby host', 30);
    const toldAfter = (Date.now() - since) / 1000;
    const { host } = stage.rehearsed.config.standby;
    const generation = 1 + (host?.generation ?? 1);
    const { prepared } = await stage.redeploy(host ? { standby: { host: { ...host, generation } } } : {});
    const [after] = stage.cloud.instanceIds;
    await prepared;
    const ready = tools.does('the new host is prepared');
    await thereAndBack(stage, tools, 1);
    const commanded = instancesCommanded(stage, ready);
    return {
      checks: [
        check('people were told', toldAfter < 30, `"${mail.subject}" after ${toldAfter.toFixed(0)} s`),
        check(
          'the failover went to the new host',
          after !== before && commanded.length === 1 && commanded[0] === after,
          `${commanded.length} host commanded, ${after === before ? 'the old one' : 'the new one'}`,
        ),
        ...lostNothing(await clients.finish()),
        ...(await isHome(stage, 2)),
      ],
    };
  },
};
