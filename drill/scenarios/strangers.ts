import { randomBytes } from 'node:crypto';
import { readLine, tokenRefused } from '../../lambda/contract/log-lines.ts';
import { makeKeyPair } from '../kit/key-pair.ts';
import { away } from './support/away-and-home.ts';
import { askStandby, type DirectAnswer, standbyAnswers } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isOnStandby } from './support/verdicts.ts';
import { post } from './support/webhook.ts';

export const strangers: Scenario = {
  name: 'strangers',
  breaks:
    'While the standby serves, others call it in clear text, without a certificate or with one of their own, somebody else stands where it should be, and the webhook gets a wrong token.',
  expected:
    'Nobody but the site gets a byte from the standby, the site takes nobody else for it, and a wrong token changes nothing and is counted.',
  tolerates: ['webhook-refused'],
  async play(stage, tools) {
    await away(tools);
    await tools.until('the standby answers the site', 15, () => standbyAnswers(stage));
    const { workDir } = tools.context;
    const stranger = await makeKeyPair('site', workDir);
    const elsewhere = await makeKeyPair('standby', workDir);

    const none = ({ status, bytes }: DirectAnswer) => status === undefined && bytes === 0;
    const shown = ({ status, error }: DirectAnswer) => error ?? `status ${status}`;
    const callers = [
      ['somebody in clear text', 'plain'],
      ['somebody without a certificate', 'nobody'],
      ["somebody with a certificate in the site's name", stranger],
    ] as const;
    const checks = [];
    for (const [name, who] of callers) {
      tools.breaks(`${name} calls the standby`);
      const answer = await askStandby(stage, who);
      checks.push(check(`${name} gets not one byte`, none(answer), `${name}: ${shown(answer)}`));
    }
    tools.breaks("the site looks for a standby with another host's certificate");
    const mistaken = await askStandby(stage, stage.siteKeyPair, elsewhere.certificate);
    checks.push(
      check(
        'the site takes no other host for the standby',
        none(mistaken) && mistaken.error === 'DEPTH_ZERO_SELF_SIGNED_CERT',
        `another host's certificate: ${shown(mistaken)}`,
      ),
    );

    const { webhookUrl } = stage.cloud;
    const { name: service } = stage.rehearsed.service;
    const before = await stage.state();
    tools.breaks('a webhook with a wrong token says that the primary is up');
    const token = randomBytes(24).toString('hex');
    const { status } = await post(webhookUrl, { service, token }, [{ name: 'PrimaryUp' }]);
    checks.push(check('a wrong token is refused', status === 401, `wrong token: ${status}`));
    // The line that CloudWatch makes a metric of.
    const counted = stage.happenings.all.filter(
      (one) => one.kind === 'function-log' && readLine(one.record, 'webhook refused')?.code === tokenRefused,
    ).length;
    checks.push(check('it is counted', counted === 1, `counted ${counted} ×`));
    await tools.stays('the standby serves', 4, async () => {
      const { phase, epoch } = await stage.state();
      return phase === before.phase && epoch === before.epoch && (await standbyAnswers(stage));
    });
    return { checks: [...checks, ...(await isOnStandby(stage, 1))] };
  },
};
