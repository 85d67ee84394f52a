import { once } from 'node:events';
import { beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../drill/kit/tcp-ports.ts';
import { findParts } from '../../drill/parts/find.ts';
import type { Program } from '../../drill/parts/program.ts';
import { type Answer, Client } from './clients.ts';
import { type Api, executed, startApi, startHaproxy } from './site.ts';

let haproxy: Program;
beforeAll(async () => {
  ({ haproxy } = await findParts(['haproxy']));
}, 180_000);

const body = 'x'.repeat(2000);

/** Clients that send one request after the other, each on a connection that it keeps, until told to stop. */
function startTraffic(url: string, names: readonly string[]) {
  const answers = new Map<string, Answer>();
  let stop = false;
  const run = async (name: string) => {
    const client = new Client({ url });
    const method = (name.split('-')[0] ?? '').toUpperCase();
    for (let count = 0; !stop; count++) {
      const id = `${name}-${count}`;
      answers.set(id, await client.send(method === 'GET' ? { id } : { id, method, body }));
    }
    client.close();
  };
  const all = Promise.all(names.map(run));
  return {
    answers,
    async end() {
      stop = true;
      await all;
    },
  };
}

const times = (ids: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};

test.each([
  ['while the standby serves', true],
  ['while nobody serves', false],
])(
  'twenty kills %s: no idempotent request is lost, no POST executed twice',
  async (_, hot) => {
    const kills = 20;
    const [primaryPort = 0, standbyPort = 0] = await freePorts(2);
    const lives: Api[] = [];
    const start = async (site: 'primary' | 'standby', port: number) => {
      const api = await startApi({ SITE: site, PORT: String(port) });
      lives.push(api);
      return api;
    };
    let primary = await start('primary', primaryPort);
    if (hot) await start('standby', standbyPort);
    const site = await startHaproxy(haproxy, { primary: primaryPort, standby: standbyPort });
    const posts = ['post-1', 'post-2', 'post-3'];
    const traffic = startTraffic(site.url, [
      'get-1',
      'get-2',
      'get-3',
      'put-1',
      'put-2',
      'delete-1',
      ...posts,
    ]);

    for (let kill = 0; kill < kills; kill++) {
      // In the midst of traffic, at another moment each time.
      const running = primary;
      await expect
        .poll(() => executed(running).length, { timeout: 40_000, interval: 5 })
        .toBeGreaterThan(99 + kill);
      const seen = site.log.all.length;
      primary.process.kill('SIGKILL');
      await site.log.having('Server service/primary is DOWN', seen);
      primary = await start('primary', primaryPort);
      await site.log.having('Server service/primary is UP', seen);
    }
    await traffic.end();

    const lost = [...traffic.answers].filter(([, { status }]) => status !== 200).map(([id]) => id);
    const isPost = (id: string) => id.startsWith('post-');
    console.log(
      `${traffic.answers.size} requests, ${kills} kills, POSTs lost: ${lost.filter(isPost).length}`,
    );
    const unexplained = lost.filter((id) => !isPost(id));
    const seen = unexplained.map((id) => `${id}: ${JSON.stringify(traffic.answers.get(id))}`);
    const logged = site.log.all.filter((line) => unexplained.some((id) => line.includes(`id=${id} `)));
    expect(unexplained, [...seen, ...logged].join('\n')).toEqual([]);
    // A kill can take what each client has in flight, and what it sends to the primary while that dies:
    // only the client can decide about those.
    expect(lost.length).toBeLessThanOrEqual(kills * posts.length * 2);
    const answered = [...traffic.answers.keys()].filter((id) => !lost.includes(id));
    // The last records may still be on their way to us.
    const unrecorded = () => {
      const recorded = new Set(lives.flatMap(executed));
      return answered.filter((id) => !recorded.has(id));
    };
    await expect.poll(unrecorded, { timeout: 40_000 }).toEqual([]);
    const counts = times(lives.flatMap(executed));
    expect([...counts].filter(([id, count]) => isPost(id) && count > 1)).toEqual([]);
  },
  180_000,
);

// HAProxy has not noticed yet that the standby is gone: a self-test has ended, or it was woken for nothing.
test('the primary dies just after the standby was stopped: no idempotent request is lost', async () => {
  const [primaryPort = 0, standbyPort = 0] = await freePorts(2);
  const primary = await startApi({ SITE: 'primary', PORT: String(primaryPort) });
  const standby = await startApi({ SITE: 'standby', PORT: String(standbyPort) });
  const site = await startHaproxy(haproxy, { primary: primaryPort, standby: standbyPort });
  const traffic = startTraffic(site.url, ['get-1', 'get-2', 'put-1', 'delete-1']);
  await expect.poll(() => executed(primary).length, { timeout: 40_000 }).toBeGreaterThan(100);
  const seen = site.log.all.length;
  // In the order of the host's script (lib/host/standby.sh).
  site.closeLink();
  standby.process.kill('SIGKILL');
  primary.process.kill('SIGKILL');
  await once(primary.process, 'exit');
  const late = startTraffic(site.url, ['get-3', 'get-4', 'put-3']);
  await site.log.having('Server service/standby is DOWN', seen);
  await startApi({ SITE: 'primary', PORT: String(primaryPort) });
  await site.log.having('Server service/primary is UP', seen);
  await Promise.all([traffic.end(), late.end()]);
  const lost = [...traffic.answers, ...late.answers].filter(([, { status }]) => status !== 200);
  const logged = site.log.all.slice(seen);
  expect(lost, logged.join('\n')).toEqual([]);
}, 120_000);

// The two can be one moment: a self-test ends, and HAProxy notices that the standby is asleep as the primary dies.
test('the primary dies just as the standby is found asleep: no idempotent request is lost', async () => {
  const [primaryPort = 0, standbyPort = 0] = await freePorts(2);
  for (let round = 0; round < 5; round++) {
    const primary = await startApi({ SITE: 'primary', PORT: String(primaryPort) });
    const standby = await startApi({ SITE: 'standby', PORT: String(standbyPort) });
    const site = await startHaproxy(haproxy, { primary: primaryPort, standby: standbyPort });
    const traffic = startTraffic(site.url, ['get-1', 'get-2', 'get-3', 'put-1', 'put-2', 'delete-1']);
    const seen = site.log.all.length;
    site.closeLink();
    standby.process.kill('SIGKILL');
    await site.log.having('Server service/standby is DOWN', seen);
    primary.process.kill('SIGKILL');
    await site.log.having('Server service/primary is DOWN', seen);
    const again = await startApi({ SITE: 'primary', PORT: String(primaryPort) });
    await site.log.having('Server service/primary is UP', seen);
    await traffic.end();
    const lost = [...traffic.answers].filter(([, { status }]) => status !== 200);
    expect(lost, site.log.all.slice(seen).join('\n')).toEqual([]);
    const gone = once(again.process, 'exit');
    again.process.kill('SIGKILL');
    await gone;
  }
}, 180_000);
