import { awayAndHome } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';

export const dispatchEventLost: Scenario = {
  name: 'dispatch-event-lost',
  isAboutCloud: true,
  breaks: 'EventBridge loses every event of commands and instances; the primary is killed.',
  expected:
    'The next alert or tick finds what the lost event would have said: the failover is recorded as completed, and traffic comes home.',
  async play(stage, tools) {
    stage.cloud.faults.dropEvents(true);
    return {
      checks: await awayAndHome(stage, tools, { strike: tools.primary.kill, repair: tools.primary.start }),
    };
  },
};
