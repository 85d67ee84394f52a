import { servedBy } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, wasSent, wasTold } from './support/verdicts.ts';

export const selfTest: Scenario = {
  name: 'self-test',
  isAboutCloud: true,
  breaks: 'Nothing: an operator asks whether the standby would start.',
  expected:
    'Within 60 s the standby is started, seen to answer, and stopped again; people are told; clients and the epoch notice nothing.',
  async play(stage, tools) {
    const clients = await tools.clients();
    const answer = await tools.operator({ action: 'self-test' });
    let served = true;
    await tools.until('the self-test has ended', 60, async () => {
      served &&= (await servedBy(stage)) === 'primary';
      return (await stage.history()).some(
        ({ kind }) => kind === 'self-test-passed' || kind === 'self-test-failed',
      );
    });
    await tools.recorded('home', 30, 0);
    await tools.told('self-test passed', 15);
    const { sent, ok } = await clients.finish();
    return {
      checks: [
        check('it was accepted', answer.accepted, `the request: ${answer.message}`),
        check('the primary served all along', served && ok === sent, `${ok} of ${sent} requests answered`),
        wasTold(stage, 'self-test passed'),
        wasSent(stage, 'start', 1),
        wasSent(stage, 'stop', 1),
        ...(await isHome(stage, 0)),
      ],
    };
  },
};
