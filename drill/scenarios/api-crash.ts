import { apiCrash } from '../api-crash.ts';
import { checkEnd } from '../checks.ts';
import type { Scenario } from './scenario.ts';

export const crash: Scenario = {
  name: 'api-crash',
  breaks: 'The primary is killed (SIGKILL) under traffic, and started again once the standby serves.',
  expected:
    'The standby serves within 10 s, traffic comes home, the standby sleeps, and people hear of each step.',
  unhurried: true,
  usualSeconds: 60,
  async play(stage, { context }) {
    const { requestsPerSecond, workDir, processes, timeline, watch } = context;
    const measured = await apiCrash(stage, requestsPerSecond, workDir, processes, timeline, watch);
    return { checks: await checkEnd(stage, measured), measured };
  },
};
