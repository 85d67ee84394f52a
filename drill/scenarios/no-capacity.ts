import { AwsError } from '../cloud/aws-error.ts';
import { seconds } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, isOnStandby } from './support/verdicts.ts';

const alternates = ['t3a.small', 't2.small'];
const IDLE_SECONDS = 3;

export const noCapacity: Scenario = {
  name: 'no-capacity',
  isAboutCloud: true,
  breaks:
    'Pilot light: EC2 has no capacity for the type of the stopped instance, nor for the first alternate.',
  expected:
    'The instance is started as the second alternate, the standby serves, and people are told of the lack.',
  needs: {
    changes: { standby: { pilotLight: true, alternateInstanceTypes: alternates } },
    derived: { hostIdleSeconds: IDLE_SECONDS },
    latencies: { instanceStartSeconds: 3, agentOnlineSeconds: 4, instanceStopSeconds: 2 },
  },
  usualSeconds: 48,
  async play(stage, tools) {
    const { cloud } = stage;
    const [id = ''] = cloud.instanceIds;
    await tools.until('the idle host is stopped', 60, () => cloud.instanceState(id) === 'stopped');
    const lacking = new Set([cloud.instanceType(id), alternates[0]]);
    tools.breaks(`EC2 has no capacity for ${[...lacking].join(' and ')}`);
    // EC2 says so with a 500, which SDK clients try again.
    cloud.faults.fail(
      'ec2:StartInstances',
      new AwsError('InsufficientInstanceCapacity', 'Insufficient capacity.', 500),
      () => lacking.has(cloud.instanceType(id)),
    );
    await tools.primary.kill();
    await tools.recorded('serving', 90, 1);
    const onStandby = await isOnStandby(stage, 1);
    await tools.told('EC2 has no capacity', 10);
    const type = cloud.instanceType(id);
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);
    return {
      checks: [
        check('it runs as the second alternate', type === alternates[1], `started as ${type}`),
        check('people were told', true, 'told that EC2 has no capacity'),
        ...onStandby,
        ...(await isHome(stage, 2)),
      ],
    };
  },
};
