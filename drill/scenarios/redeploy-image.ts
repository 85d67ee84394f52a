import { deployedImage, policyTold, startedImage, thereAndBack } from './support/deployments.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing } from './support/verdicts.ts';

const COOLDOWN_SECONDS = 3;

export const redeployImage: Scenario = {
  name: 'redeploy-image',
  isAboutCloud: true,
  breaks:
    'The primary is killed. After the failback a new image of the service, a new document and another policy are deployed, and the primary is killed again.',
  expected:
    'The second failover runs the new image with the new policy, on the same host, and loses nothing.',
  usualSeconds: 60,
  async play(stage, tools) {
    const clients = await tools.clients();
    await thereAndBack(stage, tools, 1);
    const [firstImage, [firstHost]] = [startedImage(stage), stage.cloud.instanceIds];
    await (await stage.redeploy({ release: '2', policy: { cooldownSeconds: COOLDOWN_SECONDS } })).prepared;
    await thereAndBack(stage, tools, 2);
    const image = startedImage(stage);
    const { cooldownSeconds } = await policyTold(stage);
    return {
      checks: [
        check(
          'the second failover ran the image that is deployed',
          image === deployedImage(stage) && image !== firstImage,
          image === firstImage ? 'the old image ran' : 'the new image ran',
        ),
        check(
          'the policy is the new one',
          cooldownSeconds === COOLDOWN_SECONDS,
          `cooldown of ${cooldownSeconds} s`,
        ),
        check('the host stayed', stage.cloud.instanceIds[0] === firstHost, 'the host stayed'),
        ...lostNothing(await clients.finish()),
        ...(await isHome(stage, 4)),
      ],
    };
  },
};
