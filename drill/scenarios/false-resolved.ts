import { away } from './support/away-and-home.ts';
import { servedBy } from './support/outside.ts';
import { hurried, type Scenario } from './support/scenario.ts';
import { check, isOnStandby } from './support/verdicts.ts';

const STAY_SECONDS = hurried.leaseSeconds + 5;

export const falseResolved: Scenario = {
  name: 'false-resolved',
  isAboutCloud: true,
  breaks: 'The primary is dead, and "resolved" is posted for each of its alerts with the right token.',
  expected: 'The standby stays in charge and serves, in the same epoch.',
  async play(stage, tools) {
    await away(tools);
    tools.breaks('"resolved" is posted for PrimaryDown, PrimarySuspect and PrimaryUp');
    const names = ['PrimaryDown', 'PrimarySuspect', 'PrimaryUp'];
    const answer = await tools.post(names.map((name) => ({ name, status: 'resolved' as const })));
    await tools.stays('the standby serves', STAY_SECONDS, async () => {
      const { phase, epoch } = await stage.state();
      return phase === 'serving' && epoch === 1 && (await servedBy(stage)) === 'standby';
    });
    return {
      checks: [
        check('it was received', answer.status === 202, `answered ${answer.status}: ${answer.body}`),
        ...(await isOnStandby(stage, 1)),
      ],
    };
  },
};
