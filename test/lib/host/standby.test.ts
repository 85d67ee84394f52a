import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProcessHost } from '../../../drill/host/docker-command.ts';
import type { StandbyHost } from '../../../drill/host/host.ts';
import { freePorts } from '../../../drill/parts/index.ts';

/** The host's script, run by bash, with containers that are plain processes. */
const script = readFileSync(new URL('../../../lib/host/standby.sh', import.meta.url), 'utf8');
const api = fileURLToPath(new URL('../../../onprem/api', import.meta.url));

let folder: string;
let host: StandbyHost;
let port: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'standby-'));
  [port = 0] = await freePorts(1);
  const command = [process.execPath, join(api, 'server.ts')];
  const image = { folder: api, command, environment: { BIND_ADDRESS: '127.0.0.1' }, portVariable: 'PORT' };
  host = createProcessHost(folder, { 'acme/api:1': image, 'acme/api:2': image });
});

afterEach(async () => {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Settings = { image?: string; healthPath?: string; startTimeoutSeconds?: number };

async function run(action: string, serial: number, settings: Settings = {}) {
  const { image = 'acme/api:1', healthPath = '/health', startTimeoutSeconds = 20 } = settings;
  const lines = [
    '#!/bin/bash',
    `ACTION='${action}' EPOCH='1' SERIAL='${serial}' SERVICE='api' IMAGE='${image}' PORT=${port} CONTAINER_PORT=8080`,
    `HEALTH_PATH='${healthPath}' START_TIMEOUT_SECONDS=${startTimeoutSeconds} STOP_GRACE_SECONDS=5`,
    "CREATE_ARGS=(--env 'SITE=standby')",
    script,
  ];
  const { exitCode, stderr } = await host.run(lines.join('\n'), { timeoutSeconds: 60 });
  return { exitCode, why: stderr.trim().split('\n').at(-1) };
}

const done = { exitCode: 0 };

async function served(): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
  return response?.headers.get('x-served-by')?.split('/')[0];
}

describe('the script on the host', () => {
  it('prepares without starting, starts until it is healthy, and stops', async () => {
    expect(await run('prepare', 0)).toMatchObject(done);
    expect(await served()).toBeUndefined();
    expect(await run('start', 1)).toMatchObject(done);
    expect(await served()).toBe('standby');
    expect(await run('stop', 2)).toMatchObject(done);
    expect(await served()).toBeUndefined();
  });

  it('does each thing twice without harm', async () => {
    expect(await run('stop', 1)).toMatchObject(done);
    for (const _ of [1, 2]) expect(await run('start', 2)).toMatchObject(done);
    expect(await served()).toBe('standby');
    for (const _ of [1, 2]) expect(await run('stop', 3)).toMatchObject(done);
    expect(await served()).toBeUndefined();
  });

  it('refuses what an older decision wanted', async () => {
    await run('start', 7);
    expect(await run('stop', 6)).toEqual({
      exitCode: 3,
      why: 'stop refused: command 6 (epoch 1) is older than 7, which ran here',
    });
    expect(await served()).toBe('standby');
  });

  it('runs when a start is issued while a stop is running', async () => {
    await run('start', 1);
    const [stop, start] = await Promise.all([run('stop', 2), run('start', 3)]);
    // Whoever gets the lock first: the newer decision wins.
    expect(start).toMatchObject(done);
    expect([0, 3]).toContain(stop.exitCode);
    expect(await served()).toBe('standby');
  });

  it('says so when the standby never gets healthy, and leaves nothing half-alive behind', async () => {
    const sick = await run('start', 3, { healthPath: ' ', startTimeoutSeconds: 1 });
    expect(sick.exitCode).toBe(1);
    expect(sick.why).toContain('did not answer 2xx');
    expect(await served()).toBeUndefined();
    expect(await run('start', 3)).toMatchObject(done);
  });

  it('takes a new image when it is prepared, but never touches what runs', async () => {
    await run('start', 1);
    expect(await run('prepare', 0, { image: 'acme/api:2' })).toMatchObject(done);
    expect(await served()).toBe('standby');
  });

  it('makes the container again when it is gone, or was made with other settings', async () => {
    await run('prepare', 0);
    await host.stop();
    expect(await run('start', 1)).toMatchObject(done);
    expect(await served()).toBe('standby');
    await run('stop', 2);
    expect(await run('start', 3, { image: 'acme/api:2' })).toMatchObject(done);
    expect(await served()).toBe('standby');
  });

  it('says which image is missing', async () => {
    const { exitCode, why } = await run('prepare', 0, { image: 'acme/api:3' });
    expect(exitCode).toBe(1);
    expect(why).toBe('prepare: cannot pull acme/api:3, and no copy is on this host');
  });

  it('refuses an action it does not know', async () => {
    expect(await run('reboot', 1)).toEqual({
      exitCode: 1,
      why: "action: received 'reboot', expected start, stop or prepare",
    });
  });
});
