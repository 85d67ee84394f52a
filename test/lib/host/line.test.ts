import { existsSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { asSite, call, folder, host, initSite, own, ports, REFUSED, run, stranger } from './linked-host.ts';

const state = (name: string) => join(folder, 'host/state', `api.${name}`);
const inspected = async () => {
  const { said } = await run('inspect');
  return Object.fromEntries([...said.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
};
/** Short leases; the rest is as in production. */
const quick = 'LEASE_SECONDS=1 DRAIN_SECONDS=1';
const prepare = (more = '') => run('prepare', 0, '-', `${quick} ${more}`);
const sleeps = () => expect.poll(() => existsSync(state('woken')), { timeout: 40_000 }).toBe(false);

describe('before the site is known', () => {
  it('nobody listens', async () => {
    await run('prepare');
    expect(await call('wake api\n')).toBe(REFUSED);
  });
});

describe('the line', () => {
  beforeEach(async () => {
    await initSite();
  });

  it('wakes the standby while it sleeps, and lets it sleep again when nobody asks any more', async () => {
    await prepare();
    expect(await asSite()).toBe(REFUSED);
    expect(await call('wake api\n')).toBe('up');
    expect(await asSite()).toBe(200);
    const awake = await inspected();
    expect(awake).toMatchObject({ running: 'true', ran: 'true', slept: '-' });
    expect(Number(awake.answered)).toBeGreaterThanOrEqual(Number(awake.asked));
    await sleeps();
    const asleep = await inspected();
    expect(asleep).toMatchObject({ running: 'false', asked: awake.asked, answered: awake.answered });
    expect(Number(asleep.slept) - Number(asleep.renewed)).toBeGreaterThanOrEqual(1000);
    expect(await asSite()).toBe(REFUSED);
  });

  it('keeps it awake as long as the site asks', async () => {
    await prepare();
    const until = Date.now() + 5000;
    while (Date.now() < until) expect(await call('wake api\n')).toBe('up');
    expect(await asSite()).toBe(200);
    await sleeps();
  });

  it('leaves it to a start, which finds it answering, and to the next stop', async () => {
    await prepare();
    expect(await call('wake api\n')).toBe('up');
    const { said } = await run('start', 1, '-', quick);
    expect(said).toMatch(/already answers[\s\S]*ran=true .* asked=\d+ answered=\d+ renewed=\d+ slept=-/);
    // Longer than the lease and the drain.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await asSite()).toBe(200);
    await run('stop', 2, '-', quick);
    expect(await asSite()).toBe(REFUSED);
    // The site finds the primary down again: that is a new wake.
    expect(await call('wake api\n')).toBe('up');
    await sleeps();
  });

  it('says who is in charge', async () => {
    await prepare();
    const ask = () => call('who is in charge of api\n');
    expect(await ask()).toBe('unknown: no command has told this host yet');
    await run('start', 1, '-', 'EPOCH=7 IN_CHARGE=standby');
    expect(await ask()).toBe('standby since decision 7');
    await run('stop', 2, '-', 'EPOCH=8 IN_CHARGE=primary');
    expect(await ask()).toBe('primary since decision 8');
    // Late, and refused: it takes nothing back.
    await run('start', 1, '-', 'EPOCH=7 IN_CHARGE=standby');
    expect(await ask()).toBe('primary since decision 8');
  });

  it('is refused while automation is paused, which ends by itself', async () => {
    await prepare();
    const until = Math.floor(Date.now() / 1000) + 3;
    await run('tell', 1, '-', `WAKE_FROM=${until}`);
    expect(await call('wake api\n')).toMatch(/^refused: automation is paused until \d{4}-\d\d-\d\dT/);
    expect(await inspected()).toMatchObject({ running: 'false', wakeFrom: String(until) });
    await expect.poll(() => call('wake api\n'), { timeout: 40_000 }).toBe('up');
    // What is needed already is not put to sleep by a pause.
    await run('tell', 2, '-', `WAKE_FROM=${until + 3600}`);
    expect(await call('wake api\n')).toBe('up');
    await sleeps();
  });

  it('is refused where a start has side effects, and for what is not prepared', async () => {
    await prepare("MAY_WAKE='its start has side effects (policy.startOnSuspicion is false)'");
    expect(await call('wake api\n')).toBe(
      'refused: its start has side effects (policy.startOnSuspicion is false)',
    );
    await prepare();
    await host.run('docker rm failover-api; rm state/api.prepared', { timeoutSeconds: 20 });
    expect(await call('wake api\n')).toBe('refused: it is not prepared');
    expect(await call('wake shop\n')).toBe("refused: no service 'shop' is prepared on this host");
  });

  it('does not wait behind another command', async () => {
    await prepare();
    await run('start', 1, '-', quick);
    const stopping = run(
      'stop',
      2,
      '-',
      `${quick} HOOKS=('before-stop=${hook('sleep 1')}') HOOK_TIMEOUT_SECONDS=9`,
    );
    await expect
      .poll(() => existsSync(state('hooks/before-stop')), { timeout: 40_000, interval: 5 })
      .toBe(true);
    expect(await call('wake api\n')).toBe('busy: another command is at work');
    await stopping;
    expect(await asSite()).toBe(REFUSED);
  });

  it('says why a wake has failed, and leaves nothing running', async () => {
    await prepare(`HOOKS=('before-start=${hook('echo no licence; exit 1')}')`);
    expect(await call('wake api\n')).toBe('failed: vetoed by before-start (exit code 1): no licence');
    await sleeps();
    expect(await inspected()).toMatchObject({ running: 'false', answered: '-' });
  });

  it.each([
    ['nothing', '\n', "refused: received '', expected 'wake SERVICE' or 'who is in charge of SERVICE'"],
    ['another word', 'stop api\n', "refused: received 'stop api', expected"],
    ['a path', 'wake ../../etc/passwd\n', "refused: no service '../../etc/passwd' is prepared on this host"],
    ['a command', 'wake $(reboot)\n', "refused: no service '$(reboot)' is prepared on this host"],
    ['what is no text', 'wake \u0001\u0002\n', "refused: no service '??"],
  ])('refuses %s', async (_, words, answer) => {
    await prepare();
    expect(await call(words)).toContain(answer);
  });

  it('reads no more than it needs', async () => {
    await prepare();
    // What it has not read resets the connection, sometimes before the answer is here.
    expect(await call(`wake ${'a'.repeat(5000)}\n`)).toMatch(
      /^(refused: no service 'a{195}' is prepared on this host|ECONNRESET|EPIPE|)$/,
    );
    expect(await call('wake api\n')).toBe('up');
    await sleeps();
  });

  it('hangs up on who says nothing', async () => {
    await prepare();
    expect(await call('')).toContain("refused: received ''");
  });

  it('lets in nobody but the site', async () => {
    await prepare();
    expect(await call('wake api\n', { ca: own() ?? '' })).not.toContain('up');
    const other = { ca: own() ?? '', key: stranger.key, cert: stranger.certificate };
    expect(await call('wake api\n', other)).not.toContain('up');
    const plain = await new Promise((resolve) => {
      const socket = connectPlain(ports.line, '127.0.0.1', () => socket.write('wake api\n'));
      socket.on('error', () => resolve('ended'));
      socket.on('close', () => resolve('ended'));
    });
    expect(plain).toBe('ended');
    expect(await inspected()).toMatchObject({ running: 'false' });
  });

  it('is there after a reboot, and what was woken before it sleeps again', async () => {
    await prepare('LEASE_SECONDS=60');
    expect(await call('wake api\n')).toBe('up');
    await host.shutdown();
    // In memory on a real host.
    await host.run('rm state/api.lease', { timeoutSeconds: 20 });
    await host.boot();
    await sleeps();
    expect(await inspected()).toMatchObject({ running: 'false' });
    expect(await call('wake api\n')).toBe('up');
  });
});

const hook = (line: string) => Buffer.from(`#!/bin/sh\n${line}\n`).toString('base64');
