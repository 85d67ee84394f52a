import { awayAndHome } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';

export const hang: Scenario = {
  name: 'api-hang',
  breaks: 'The primary hangs (SIGSTOP): it accepts connections and answers nothing. Later it goes on.',
  expected: 'The standby serves within 10 s, no idempotent request is lost, and traffic comes home.',
  async play(stage, tools) {
    const { hang: strike, goOn: repair } = tools.primary;
    return { checks: await awayAndHome(stage, tools, { strike, repair }) };
  },
};
