import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../drill/kit/tcp-ports.ts';
import { findParts } from '../../drill/parts/find.ts';
import type { Program } from '../../drill/parts/program.ts';
import { Client } from './clients.ts';
import { startApi, startHaproxy } from './site.ts';

let haproxy: Program;
beforeAll(async () => {
  ({ haproxy } = await findParts(['haproxy']));
}, 180_000);

/** A site with a primary, a standby that sleeps, and a host that answers on the line. */
async function startSite(answer: (count: number, wake: () => Promise<void>) => Promise<string> | string) {
  const [primaryPort = 0, standbyPort = 0] = await freePorts(2);
  const start = (site: string, port: number) => startApi({ SITE: site, PORT: String(port) });
  const primary = await start('primary', primaryPort);
  const calls: { at: number; words: string }[] = [];
  const wake = async () => void (await start('standby', standbyPort));
  const site = await startHaproxy(haproxy, { primary: primaryPort, standby: standbyPort }, {}, (words) => {
    calls.push({ at: Date.now(), words });
    return answer(calls.length, wake);
  });
  // HAProxy takes what it has not looked at for up, and here, other than on a host, the way to it is open.
  await site.log.having('Server sites/standby is DOWN');
  const client = new Client(site);
  return { site, client, calls, primary, startPrimary: () => start('primary', primaryPort) };
}

test('nobody calls while the primary is up; when it is gone the standby is woken, and a request waits for that', async () => {
  const { client, calls, primary, startPrimary, site } = await startSite(async (_, wake) => {
    if (calls.length === 1) await wake();
    return 'up';
  });
  await delay(1000);
  expect(await client.send()).toMatchObject({ status: 200, site: 'primary' });
  expect(calls).toEqual([]);
  primary.process.kill('SIGKILL');
  expect(await client.send()).toMatchObject({ status: 200, site: 'standby' });
  expect(calls[0]?.words).toBe('wake api\n');
  // The lease is renewed while the primary is down.
  await expect.poll(() => calls.length, { timeout: 40_000 }).toBeGreaterThan(2);
  const seen = site.log.all.length;
  await startPrimary();
  await site.log.having('Server service/primary is UP', seen);
  await delay(100);
  const before = calls.length;
  await delay(3000);
  expect(calls.length).toBe(before);
  expect(await client.send()).toMatchObject({ status: 200, site: 'primary' });
});

test('the word of the host counts: nobody waits for the next check', async () => {
  const { site, calls, primary } = await startSite(async (_, wake) => {
    if (calls.length === 1) await wake();
    return 'up';
  });
  const seen = site.log.all.length;
  primary.process.kill('SIGKILL');
  await site.log.having('Server sites/standby is UP, changed from Lua script', seen);
});

test.each([
  ['busy: another command is at work', 100],
  ['failed: it does not start', 1000],
  ['refused: automation is paused', 2000],
  ['what is not understood', 200],
])('%s: asked again, and said once', async (answer, pauseMs) => {
  const { site, calls, primary } = await startSite(() => answer);
  primary.process.kill('SIGKILL');
  await expect.poll(() => calls.length, { timeout: 40_000 }).toBeGreaterThan(2);
  const [first, second] = calls;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(pauseMs);
  expect(
    site.log.all.filter((line) => line.includes(`line: `) && line.includes(answer)).length,
  ).toBeGreaterThan(0);
});

test('a host that does not answer on the line is asked again, and found by the check', async () => {
  const { client, calls, primary } = await startSite((count, wake) =>
    count === 1 ? wake().then(() => new Promise<string>(() => {})) : 'up',
  );
  primary.process.kill('SIGKILL');
  expect(await client.send()).toMatchObject({ status: 200, site: 'standby' });
  await expect.poll(() => calls.length, { timeout: 40_000 }).toBeGreaterThan(1);
});
