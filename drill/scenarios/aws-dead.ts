import { AwsError } from '../cloud/aws-error.ts';
import { DrillError } from '../kit/errors.ts';
import { seconds } from './support/away-and-home.ts';
import { servedBy, standbyAnswers } from './support/outside.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, lostNothing, wasSent, wasTold } from './support/verdicts.ts';

/** Longer than a wake counts: the site has to renew it. */
const OUTAGE_SECONDS = 15;

/** What the functions need: none of it works. */
const calls = [
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:Query',
  'ssm:SendCommand',
  'ssm:GetCommandInvocation',
  'ec2:DescribeInstances',
  'sns:Publish',
];

export const awsDead: Scenario = {
  name: 'aws-dead',
  breaks:
    'The webhook cannot be reached, and every call of the functions to AWS fails. Then the primary is killed, and comes back while all that is still so.',
  expected:
    'The site wakes its own standby, which serves for as long as it is needed and sleeps again by itself; when AWS is back, the history has the outage, people are told once, and nothing is moved.',
  needs: { canBeCut: true },
  tolerates: ['function-failed', 'dead-letter', 'webhook-refused'],
  usualSeconds: 70,
  async play(stage, tools) {
    const { link, cloud } = stage;
    if (!link) throw new DrillError('the stage has no line that can be cut');
    const clients = await tools.clients();
    tools.breaks('AWS is dead: no webhook, no table, no command, no mail');
    link.cut();
    let isDead = true;
    for (const action of calls)
      cloud.faults.fail(action, new AwsError('InternalServerError', 'AWS is dead', 500), () => isDead);
    const since = await tools.primary.kill();
    const away = await clients.answeredBy('standby', 'clients are answered by the standby', {
      since,
      seconds: seconds.away,
    });
    const recovery = (away.at - since) / 1000;
    await tools.stays(
      'the standby serves',
      OUTAGE_SECONDS,
      async () => (await servedBy(stage)) === 'standby',
    );
    const repaired = await tools.primary.start();
    await clients.answeredBy('primary', 'clients are answered by the primary again', {
      since: repaired,
      seconds: seconds.back,
    });
    await tools.until('the standby sleeps again', 60, async () => !(await standbyAnswers(stage)));
    tools.does('AWS is back');
    isDead = false;
    link.restore();
    const found = await tools.entry('standby-woken', 60);
    await tools.told('the site woke its standby by itself', 20);
    const { wokenAt = 0, neededUntil = 0 } = found;
    const needed = (neededUntil - wokenAt) / 1000;
    return {
      checks: [
        check(
          'clients are answered again within 3 s',
          recovery <= 3,
          `answered again after ${recovery.toFixed(2)} s`,
        ),
        check(
          'the history has the outage',
          needed >= OUTAGE_SECONDS && Math.abs(wokenAt - since) < 2000,
          `on record: needed for ${needed.toFixed(1)} s`,
        ),
        ...lostNothing(await clients.finish()),
        wasSent(stage, 'start', 0),
        wasTold(stage, 'the site woke its standby by itself'),
        wasTold(stage, 'failover to the standby started', 0),
        ...(await isHome(stage, 0)),
      ],
    };
  },
};
