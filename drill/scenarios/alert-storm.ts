import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../stage/stage.ts';
import { seconds } from './support/away-and-home.ts';
import type { Scenario } from './support/scenario.ts';
import { check, isHome, isOnStandby, wasTold } from './support/verdicts.ts';
import { send, type WebhookAnswer, webhookBody } from './support/webhook.ts';

const STORM_SECONDS = 60;
/** Each sends all of them: an HA pair delivers twice. */
const SENDERS = 2;
const ALERTS_EACH = 5000;
/** Alerts in a body, over and over. */
const SIZES = [1, 500, 3, 20, 1, 100, 7, 50, 2, 200, 1, 30, 5, 10, 1, 70];

export const alertStorm: Scenario = {
  name: 'alert-storm',
  isAboutCloud: true,
  breaks: `The primary is killed, and a pair of Alertmanagers posts ${SENDERS * ALERTS_EACH} alerts within ${STORM_SECONDS} s, in bodies of 1 to ${Math.max(...SIZES)}.`,
  expected: 'Every body is acknowledged with 202 and none with 429, and one failover is decided.',
  limitSeconds: 240,
  usualSeconds: 85,
  async play(stage, tools) {
    await tools.primary.kill();
    const answers = await storm(stage);
    const recorded = await tools.recorded('serving', seconds.serving);
    const onStandby = await isOnStandby(stage, 1);
    await tools.primary.start();
    await tools.recorded('home', seconds.home, recorded.epoch + 1);
    const others = answers.filter(({ status }) => status !== 202);
    const sorted = answers.map((one) => one.seconds).sort((a, b) => a - b);
    const percentile = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0) * 1000;
    return {
      checks: [
        check(
          'every body was acknowledged',
          answers.length > 100 && others.length === 0,
          `${answers.length} bodies, ${SENDERS * ALERTS_EACH} alerts: ${answers.length - others.length} × 202, ${others.filter(({ status }) => status === 429).length} × 429`,
        ),
        check(
          'soon',
          percentile(0.99) < 5000,
          `answered in ${percentile(0.5).toFixed(0)} ms (p50), ${percentile(0.99).toFixed(0)} ms (p99)`,
        ),
        wasTold(stage, 'failover to the standby started'),
        ...onStandby,
        ...(await isHome(stage, 2)),
      ],
    };
  },
};

/** How many alerts each body holds. */
export function bodySizes(total: number): number[] {
  const sizes: number[] = [];
  for (let left = total; left > 0; left -= sizes.at(-1) ?? 0)
    sizes.push(Math.min(left, SIZES[sizes.length % SIZES.length] ?? left));
  return sizes;
}

/** Both senders at the same time, each on one connection that it keeps. */
async function storm({ cloud, rehearsed }: Stage): Promise<WebhookAnswer[]> {
  const sizes = bodySizes(ALERTS_EACH);
  const headers = { authorization: `Bearer ${cloud.token}` };
  const began = Date.now();
  const sender = async (): Promise<WebhookAnswer[]> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers: WebhookAnswer[] = [];
    for (const [index, size] of sizes.entries()) {
      const due = began + (index * STORM_SECONDS * 1000) / sizes.length;
      await delay(Math.max(0, due - Date.now()));
      const alerts = Array.from({ length: size }, (_, n) => ({
        name: 'PrimaryDown',
        labels: { instance: `${n}` },
      }));
      const body = webhookBody(rehearsed.service.name, alerts);
      answers.push(await send(cloud.webhookUrl, body, headers, agent));
    }
    agent.destroy();
    return answers;
  };
  return (await Promise.all(Array.from({ length: SENDERS }, sender))).flat();
}
