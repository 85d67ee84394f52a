import { secretArn } from '../stage/rehearsed.ts';
import { thereAndBack } from './support/deployments.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing } from './support/verdicts.ts';

/** The sample API says this variable with each answer: what nobody should do with a secret shows here what it holds. */
const VARIABLE = 'HOST_LABEL';

export const secretRotated: Scenario = {
  name: 'secret-rotated',
  isAboutCloud: true,
  breaks:
    'The primary is killed; then again after the secret of the service has got a new value; then again after a deployment that names another secret.',
  expected:
    'The standby runs with the value of that time each time, and no template, log or command has one.',
  needs: {
    changes: { secrets: { [VARIABLE]: 'first' } },
    secrets: { first: 'value-one' },
    // Three failovers in two minutes are no flapping here.
    derived: { flapLimit: 1000 },
  },
  usualSeconds: 90,
  async play(stage, tools) {
    const { region } = stage.rehearsed.config;
    const clients = await tools.clients();
    const seen = [await thereAndBack(stage, tools, 1)];
    tools.does('the secret gets another value');
    stage.cloud.putSecret(secretArn(region, 'first'), 'value-two');
    await stage.cloud.applyAssociations();
    seen.push(await thereAndBack(stage, tools, 2));
    stage.cloud.putSecret(secretArn(region, 'renamed'), 'value-three');
    await (await stage.redeploy({ secrets: { [VARIABLE]: 'renamed' } })).prepared;
    seen.push(await thereAndBack(stage, tools, 3));
    const labels = seen.map(({ label }) => label);
    const told = JSON.stringify([stage.happenings.all, stage.rehearsed.assembly.all]);
    return {
      checks: [
        check(
          'the standby had the value of the time',
          labels.join() === 'value-one,value-two,value-three',
          `the standby had ${labels.join(', ')}`,
        ),
        check(
          'no log, command or template has one',
          !/value-(one|two|three)/.test(told),
          'no value in any log, command or template',
        ),
        ...lostNothing(await clients.finish()),
        ...(await isHome(stage, 6)),
      ],
    };
  },
};
