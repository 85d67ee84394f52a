import { away, seconds } from './support/away-and-home.ts';
import { servedBy } from './support/outside.ts';
import { hurried, type Scenario } from './support/scenario.ts';
import { check, isHome } from './support/verdicts.ts';

/** Past every lease that was ever renewed. */
const STAY_SECONDS = hurried.leaseSeconds + 5;

export const lostResolved: Scenario = {
  name: 'lost-resolved',
  breaks: 'No alert is ever resolved: the primary is killed, and comes back without a word about the end.',
  expected:
    'The standby stays in charge and serves while the primary is dead, and traffic comes home within 60 s on the proof of health alone.',
  usualSeconds: 45,
  async play(stage, tools) {
    await away(tools);
    await tools.stays('the standby serves', STAY_SECONDS, async () => {
      const { phase, epoch } = await stage.state();
      return phase === 'serving' && epoch === 1 && (await servedBy(stage)) === 'standby';
    });
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);
    const resolved = stage.happenings.all.filter(
      (one) => one.kind === 'webhook-received' && one.alerts.some(({ status }) => status === 'resolved'),
    ).length;
    return {
      checks: [
        check('nothing was resolved', resolved === 0, `${resolved} webhooks with a "resolved"`),
        check('the standby stayed', true, `served on for ${STAY_SECONDS} s`),
        ...(await isHome(stage, 2)),
      ],
    };
  },
};
