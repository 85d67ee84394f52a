import { away, seconds } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, isOnStandby, wasTold } from './support/verdicts.ts';

export const duplicateAlertmanagers: Scenario = {
  name: 'duplicate-alertmanagers',
  breaks:
    'Two Alertmanagers that know nothing of each other deliver every alert twice; the primary is killed.',
  expected: 'One failover is decided and told once, in one epoch, and traffic comes home as ever.',
  needs: { variation: { twoAlertmanagers: true } },
  async play(stage, tools) {
    await away(tools);
    const onStandby = await isOnStandby(stage, 1);
    const second = await delivered(stage.site.secondAlertmanagerUrl ?? '');
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);
    const started = (await stage.history()).filter(({ kind }) => kind === 'failover-started').length;
    return {
      checks: [
        check(
          'the second Alertmanager delivered too',
          second > 0,
          `the second Alertmanager made ${second} deliveries`,
        ),
        check('one failover is on record', started === 1, `${started} failover-started on record`),
        ...onStandby,
        ...(await isHome(stage, 2)),
        wasTold(stage, 'failover to the standby started'),
        wasTold(stage, 'the standby serves'),
      ],
    };
  },
};

/** Webhooks that an Alertmanager has delivered, as its own metrics count them. */
async function delivered(url: string): Promise<number> {
  const text = await (await fetch(`${url}metrics`)).text();
  const counts = text.matchAll(
    /^alertmanager_notifications_total\{[^}]*integration="webhook"[^}]*\} (\S+)$/gm,
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
