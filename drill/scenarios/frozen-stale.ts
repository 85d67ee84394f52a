import { setTimeout as delay } from 'node:timers/promises';
import { awayAndHome } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import { check } from './support/verdicts.ts';

/** The sample API notices a pause of this length, and is not well from then on. */
const STALE_AFTER_MS = 1000;

export const frozenStale: Scenario = {
  name: 'frozen-stale',
  isAboutCloud: true,
  breaks: 'The standby sleeps frozen, and its pooled connections have died meanwhile. The primary is killed.',
  expected:
    'What does not answer after it was thawed is started anew: clients are answered within 10 s, nothing is lost, and it sleeps frozen again.',
  needs: {
    changes: { service: { sleep: 'frozen', environment: { STALE_AFTER_MS: `${STALE_AFTER_MS}` } } },
  },
  async play(stage, tools) {
    await delay(2 * STALE_AFTER_MS);
    const checks = await awayAndHome(stage, tools, {
      strike: () => tools.primary.kill(),
      repair: () => tools.primary.start(),
    });
    const said = stage.happenings.all.some(
      (one) => one.kind === 'script-ended' && one.output?.includes('is frozen'),
    );
    return {
      checks: [...checks, check('it sleeps frozen again', said, said ? 'frozen again' : 'not frozen')],
    };
  },
};
