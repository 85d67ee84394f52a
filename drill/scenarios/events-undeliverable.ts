import { awayAndHome } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import { check } from './support/verdicts.ts';

export const eventsUndeliverable: Scenario = {
  name: 'events-undeliverable',
  isAboutCloud: true,
  breaks:
    'Somebody stops the host of the standby, and EventBridge cannot deliver anything, the minute tick included; then the primary is killed.',
  expected:
    'The alerts alone drive the failover: the host is started, the standby serves and traffic comes home. Whatever could not be delivered is in the dead-letter queue.',
  needs: {
    latencies: { instanceStartSeconds: 3, agentOnlineSeconds: 4, instanceStopSeconds: 1 },
    // An instance that has to be started first takes longer than requests wait by default.
    variation: { environment: { PARK_SECONDS: '50' } },
  },
  minuteTick: true,
  tolerates: ['dead-letter'],
  usualSeconds: 60,
  async play(stage, tools) {
    const { cloud } = stage;
    const [id = ''] = cloud.instanceIds;
    tools.breaks('EventBridge cannot deliver anything');
    cloud.faults.cutTargets(true);
    cloud.tick();
    tools.breaks('somebody stops the instance');
    cloud.stopInstance(id);
    await tools.until('the instance is stopped', 20, () => cloud.instanceState(id) === 'stopped');
    const checks = await awayAndHome(stage, tools, {
      strike: tools.primary.kill,
      repair: tools.primary.start,
      recoverySeconds: 30,
    });
    const letters = stage.happenings.all.flatMap((one) =>
      one.kind === 'dead-letter' ? [String(JSON.parse(one.body)['detail-type'])] : [],
    );
    const kinds = [...new Set(letters)].sort();
    return {
      checks: [
        check(
          'commands, instances and ticks are among the dead letters',
          kinds.length === 3,
          `${letters.length} dead letters: ${kinds.join(', ')}`,
        ),
        ...checks,
      ],
    };
  },
};
