import { awayAndHome } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import { check } from './support/verdicts.ts';

const IDLE_SECONDS = 3;

export const hostOff: Scenario = {
  name: 'host-off',
  isAboutCloud: true,
  breaks: 'Pilot light: the instance of the standby is stopped when the primary is killed.',
  expected:
    'The instance is started, the container starts by itself at boot and serves before SSM can reach the host; home again, the instance is stopped.',
  needs: {
    // An instance that has to be started first takes longer than requests wait by default.
    variation: { environment: { PARK_SECONDS: '50' } },
    // Docker starts at boot what has run before; as after any deployment, a self-test sees to that.
    changes: { standby: { pilotLight: true }, policy: { selfTestHours: 168 } },
    derived: { hostIdleSeconds: IDLE_SECONDS },
    // The instance takes as long to start as it does on AWS; nobody waits for the rest.
    latencies: { agentOnlineSeconds: 10, instanceStopSeconds: 2 },
  },
  limitSeconds: 240,
  usualSeconds: 80,
  async play(stage, tools) {
    const [id = ''] = stage.cloud.instanceIds;
    const isStopped = () => stage.cloud.instanceState(id) === 'stopped';
    await tools.told('self-test passed', 45);
    await tools.until('the idle host is stopped', 60, isStopped);
    const checks = await awayAndHome(stage, tools, {
      strike: tools.primary.kill,
      repair: tools.primary.start,
      recoverySeconds: 45,
    });
    await tools.until('the idle host is stopped again', 60, isStopped);
    const changes = stage.happenings.all.flatMap((one) => (one.kind === 'instance-state' ? [one.state] : []));
    return {
      checks: [
        check(
          'the instance ran only while it was needed',
          changes.filter((state) => state === 'running').length === 1,
          `the instance was ${changes.join(', ')}`,
        ),
        ...checks,
      ],
    };
  },
};
