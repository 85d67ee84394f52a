import { seconds } from './support/away-and-home.ts';
import { servedBy, standbyAnswers } from './support/outside.ts';
import { hurried, type Scenario } from './support/scenario.ts';
import { check, isHome, wasTold } from './support/verdicts.ts';

/** Longer than anything but flap control would keep the service on the standby. */
const STAY_SECONDS = hurried.stableSeconds + hurried.cooldownSeconds + 4;

export const flapping: Scenario = {
  name: 'flapping',
  isAboutCloud: true,
  breaks: 'The primary crashes and comes back, and does so again; two failovers count as flapping.',
  expected:
    'After the second failover the standby stays in charge although the primary is healthy, people are told, and an acknowledgement brings the service home within 60 s.',
  needs: { derived: { flapLimit: 2 } },
  usualSeconds: 48,
  async play(stage, tools) {
    await tools.primary.kill();
    await tools.recorded('serving', seconds.serving, 1);
    await tools.primary.start();
    await tools.recorded('home', seconds.home, 2);
    await tools.primary.kill();
    await tools.recorded('serving', seconds.serving, 3);
    await tools.told('the standby serves, and stays (flapping)', 15);
    await tools.primary.start();
    const isHeld = async () => {
      const { phase, epoch, why } = await stage.state();
      return phase === 'serving' && epoch === 3 && why === 'flapping';
    };
    await tools.until('flapping is why the service stays', 30, isHeld);
    await tools.stays('the standby stays in charge and answers', STAY_SECONDS, async () => {
      return (await isHeld()) && (await standbyAnswers(stage));
    });
    const clientsOf = await servedBy(stage);
    const { accepted } = await tools.operator({ action: 'acknowledge' });
    await tools.recorded('home', seconds.home, 4);
    return {
      checks: [
        check(
          'it stayed on the standby until it was acknowledged',
          accepted,
          `in charge for ${STAY_SECONDS} s more with a healthy primary (HAProxy sent clients to the ${clientsOf})`,
        ),
        ...(await isHome(stage, 4)),
        wasTold(stage, 'the standby serves, and stays (flapping)'),
        wasTold(stage, 'flapping acknowledged'),
      ],
    };
  },
};
