import { awayAndHome } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';

export const errors: Scenario = {
  name: 'api-errors',
  breaks: 'The health path of the primary answers 500 while everything else of it works. Later it heals.',
  expected: 'The standby serves within 10 s, no idempotent request is lost, and traffic comes home.',
  async play(stage, tools) {
    const { failHealth: strike, healHealth: repair } = tools.primary;
    return { checks: await awayAndHome(stage, tools, { strike, repair }) };
  },
};
