import type { Scenario } from './support/scenario.ts';
import { check, isHome, wasSent, wasTold } from './support/verdicts.ts';
import { send, webhookBody } from './support/webhook.ts';

/** More than the receiver takes, and less than API Gateway does. */
const HUGE_BYTES = 3 * 1024 * 1024;
const STAY_SECONDS = 6;

export const forgedWebhook: Scenario = {
  name: 'forged-webhook',
  isAboutCloud: true,
  breaks:
    'Somebody posts alarms without a token, with a wrong one, under a wrong scheme, too large, or as garbage.',
  expected:
    'Each is refused for what it is, nothing changes and no command is sent; one bad alert in a good body does not take the others with it.',
  tolerates: ['webhook-refused'],
  async play(stage, tools) {
    const { webhookUrl, token } = stage.cloud;
    const { name: service } = stage.rehearsed.service;
    const alarm = webhookBody(service, [{ name: 'PrimaryDown' }, { name: 'PrimarySuspect' }]);
    const right = { authorization: `Bearer ${token}` };
    const forgeries: [string, Record<string, string>, string, number][] = [
      ['no token', {}, alarm, 401],
      ['a wrong token', { authorization: `Bearer ${'x'.repeat(token.length)}` }, alarm, 401],
      ['a wrong scheme', { authorization: `Basic ${token}` }, alarm, 401],
      ['a huge body', right, alarm + ' '.repeat(HUGE_BYTES), 413],
      ['garbage', right, 'PrimaryDown!', 400],
      ['an alarm for another service', right, webhookBody('nobody', [{ name: 'PrimaryDown' }]), 400],
    ];
    const checks = [];
    for (const [what, headers, body, wanted] of forgeries) {
      tools.breaks(`a webhook with ${what}`);
      const { status } = await send(webhookUrl, body, headers);
      checks.push(check(`${what} is answered ${wanted}`, status === wanted, `${what}: ${status}`));
    }
    const half = JSON.parse(webhookBody(service, [{ name: 'PrimaryUp' }]));
    half.alerts.push({ status: 'firing', labels: { alertname: '', service } });
    tools.breaks('a webhook with one good alert and a bad one');
    const answer = await send(webhookUrl, JSON.stringify(half), right);
    const { accepted, rejected } = JSON.parse(answer.body) as { accepted: number; rejected: unknown[] };
    checks.push(
      check(
        'the good one of two alerts counts, and the bad one is named',
        answer.status === 202 && accepted === 1 && rejected.length === 1,
        `half good: ${answer.status}, ${accepted} accepted, ${rejected.length} rejected`,
      ),
    );
    await tools.stays('nothing changes', STAY_SECONDS, async () => {
      const { phase, epoch } = await stage.state();
      return phase === 'home' && epoch === 0;
    });
    return {
      checks: [
        ...checks,
        wasSent(stage, 'start', 0),
        wasSent(stage, 'stop', 0),
        wasTold(stage, '[failover]', 0),
        ...(await isHome(stage, 0)),
      ],
    };
  },
};
