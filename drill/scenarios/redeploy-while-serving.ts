import { emptyParameter, output } from '../../lambda/contract/names.ts';
import { away, seconds } from './support/away-and-home.ts';
import { deployedImage, isServedByStandby, startedImage, thereAndBack } from './support/deployments.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing } from './support/verdicts.ts';

const STAY_SECONDS = 5;

export const redeployWhileServing: Scenario = {
  name: 'redeploy-while-serving',
  isAboutCloud: true,
  breaks:
    'While the standby serves, a new image of the service, a new document and another policy are deployed, and the deployment writes the parameter with the certificate of the site anew, so that it is empty until "site init".',
  expected:
    'The standby serves on as it is, the service comes home, and the next failover runs the new image; nothing is lost.',
  usualSeconds: 60,
  async play(stage, tools) {
    const clients = await tools.clients();
    await away(tools);
    const firstImage = startedImage(stage);
    tools.does('a deployment, while the standby serves');
    const parameter = stage.rehearsed.assembly.outputs[output.siteCertificateParameter] ?? '';
    const certificate = stage.cloud.parameters.get(parameter) ?? '';
    stage.cloud.putParameter(parameter, emptyParameter);
    await (await stage.redeploy({ release: '2', policy: { cooldownSeconds: 3 } })).prepared;
    await tools.stays('the standby serves', STAY_SECONDS, () => isServedByStandby(stage));
    const kept = startedImage(stage);
    // As "failover site init" on the site.
    stage.cloud.putParameter(parameter, certificate);
    await stage.cloud.applyAssociations();
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);
    await thereAndBack(stage, tools, 2);
    const image = startedImage(stage);
    return {
      checks: [
        check(
          'what served was not touched, and the next failover ran the new image',
          kept === firstImage && image === deployedImage(stage) && image !== firstImage,
          kept === firstImage
            ? 'served on with the old image, then with the new one'
            : `it ran ${kept} meanwhile`,
        ),
        ...lostNothing(await clients.finish()),
        ...(await isHome(stage, 4)),
      ],
    };
  },
};
