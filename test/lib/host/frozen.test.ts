import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { asSite, call, folder, host, initSite, REFUSED, run, trouble } from './linked-host.ts';

/** Short leases; the rest is as in production. */
const frozen = 'SLEEP=frozen LEASE_SECONDS=1 DRAIN_SECONDS=1';
const act = (action: string, serial = 0, more = '') => run(action, serial, '-', `${frozen} ${more}`);
const state = (name: string) => join(folder, 'host/state', `api.${name}`);
const docker = async (template: string) => {
  const inspect = `docker container inspect --format '${template}' failover-api`;
  return (await host.run(inspect, { timeoutSeconds: 20 })).stdout.trim();
};
const status = () => docker('{{.State.Status}}');
const startedAt = () => docker('{{.State.StartedAt}}');
const becomes = (wanted: string) => expect.poll(status, { timeout: 40_000 }).toBe(wanted);

beforeEach(async () => {
  await initSite();
});

it('is started once, and paused; nobody is let through to it', async () => {
  const { said } = await act('prepare');
  expect(said).toContain('failover-api is frozen');
  expect(await status()).toBe('paused');
  expect(await asSite()).toBe(REFUSED);
  const once = await startedAt();
  await act('prepare');
  expect([await status(), await startedAt()]).toEqual(['paused', once]);
  expect((await act('inspect')).said).toContain('running=false ran=false');
});

it('is thawed by a wake, and frozen again when nobody asks any more', async () => {
  await act('prepare');
  const once = await startedAt();
  expect(await call('wake api\n')).toBe('up');
  expect([await status(), await asSite()]).toEqual(['running', 200]);
  await becomes('paused');
  expect(await asSite()).toBe(REFUSED);
  expect(await startedAt()).toBe(once);
});

it('is thawed by a start, and frozen again by a stop', async () => {
  await act('prepare');
  const once = await startedAt();
  const { said } = await act('start', 1);
  expect(said).toContain('thawed failover-api');
  expect(said).toContain('running=true ran=false');
  expect(await asSite()).toBe(200);
  expect((await act('stop', 2)).said).toContain('failover-api is frozen');
  expect([await status(), await startedAt()]).toEqual(['paused', once]);
  expect(await asSite()).toBe(REFUSED);
});

it('is started anew with a new image, also if that came while it served', async () => {
  await act('prepare');
  await act('prepare', 0, 'IMAGE=acme/api:2');
  expect([await status(), await docker('{{.Config.Image}}')]).toEqual(['paused', 'acme/api:2']);
  await act('start', 1, 'IMAGE=acme/api:2');
  await act('prepare');
  expect(await docker('{{.Config.Image}}')).toBe('acme/api:2');
  await act('stop', 2);
  expect([await status(), await docker('{{.Config.Image}}')]).toEqual(['paused', 'acme/api:1']);
});

it('that does not answer when it is thawed is started anew, by whoever needs it', async () => {
  const stale = 'IMAGE=acme/stale:1';
  await act('prepare', 0, stale);
  const once = await startedAt();
  await delay(600);
  expect(await call('wake api\n')).toBe('up');
  expect(await asSite()).toBe(200);
  expect(await startedAt()).not.toBe(once);
});

it('is thawed and looked at now and then; what is found stale is started anew, and frozen', async () => {
  const stale = 'IMAGE=acme/stale:1';
  await act('prepare', 0, stale);
  const once = await startedAt();
  await delay(600);
  expect((await act('inspect', 0, stale)).said).toContain(
    'trouble=the frozen container did not answer when it was thawed; it is started anew',
  );
  await becomes('paused');
  expect(await startedAt()).not.toBe(once);
  await expect.poll(() => existsSync(state('trouble')), { timeout: 40_000 }).toBe(false);
});

it('is frozen again after a reboot', async () => {
  await act('prepare');
  await host.crash();
  await host.boot();
  await becomes('paused');
  expect(await call('wake api\n')).toBe('up');
});

it('that would take all the memory of the host is not frozen, and people are told', async () => {
  await act('prepare', 0, 'MEMORY=900g');
  expect(await status()).not.toBe('paused');
  expect(await trouble()).toMatch(
    /the frozen containers of this host may take 921600 MiB, of which it has \d+ to give/,
  );
});

it('sleeps stopped once that is deployed', async () => {
  await act('prepare');
  await act('prepare', 0, 'SLEEP=stopped');
  expect(await status()).not.toBe('paused');
  expect(await call('wake api\n')).toBe('up');
});
