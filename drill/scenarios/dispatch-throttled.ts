import { awayAndHome } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import { check } from './support/verdicts.ts';

const THROTTLED_SECONDS = 8;

export const dispatchThrottled: Scenario = {
  name: 'dispatch-throttled',
  isAboutCloud: true,
  breaks: `SSM throttles SendCommand for ${THROTTLED_SECONDS} s from the moment at which the primary is killed.`,
  expected: 'The command is sent again until it is taken, and the standby serves.',
  async play(stage, tools) {
    const checks = await awayAndHome(stage, tools, {
      strike: async () => {
        stage.cloud.faults.throttle('ssm:SendCommand', THROTTLED_SECONDS);
        return tools.primary.kill();
      },
      repair: tools.primary.start,
      // The throttling, and the waits between the tries.
      recoverySeconds: THROTTLED_SECONDS + 12,
    });
    const throttled = stage.happenings.all.filter(({ kind }) => kind === 'injected').length;
    return {
      checks: [check('SSM did throttle', throttled > 0, `${throttled} calls throttled`), ...checks],
    };
  },
};
