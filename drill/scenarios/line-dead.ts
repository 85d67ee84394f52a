import { awayAndHome } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import { check } from './support/verdicts.ts';

export const lineDead: Scenario = {
  name: 'line-dead',
  breaks: 'The line on which the site wakes the standby is cut, and the primary is killed.',
  expected:
    'The alerts start the standby, as if there were no line: nothing is lost, and the service comes home.',
  async play(stage, tools) {
    tools.breaks('the line to the host of the standby is cut');
    stage.line.cut();
    const checks = await awayAndHome(stage, tools, {
      strike: () => tools.primary.kill(),
      repair: () => tools.primary.start(),
    });
    const woken = (await stage.history()).filter(({ kind }) => kind === 'standby-woken').length;
    return { checks: [...checks, check('the site has woken nobody', woken === 0, `woken ${woken} ×`)] };
  },
};
