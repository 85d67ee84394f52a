import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { StandbyHost } from '../../../drill/cloud/standby-host.ts';
import { createProcessHost } from '../../../drill/host/docker-command.ts';
import type { StandinImage } from '../../../drill/host/standin-images.ts';
import { freePorts } from '../../../drill/kit/tcp-ports.ts';
import { hostScripts, linesOf } from '../../../lib/host/script.ts';
import { isAlive } from '../../drill/cloud/fixture.ts';

/** The host's script, run by bash, with containers that are plain processes. */
const script = hostScripts
  .filter((name) => name !== 'link.sh' && name !== 'line.sh')
  .flatMap(linesOf)
  .join('\n');
const api = fileURLToPath(new URL('../../../onprem/api', import.meta.url));

/** What link.sh would do besides; it has tests of its own. */
const NO_LINK = ['prepare', 'apply', 'begin', 'await', 'close']
  .map((verb) => `${verb}_link() { :; }`)
  .concat('link_answers() { :; }')
  .join('\n');

/** Takes its time before it answers. */
const SLOW_PROGRAM = `
  const server = require('node:http').createServer((_, response) => response.end());
  setTimeout(() => server.listen(process.env.PORT, '127.0.0.1'), 1500);
`;

/** Fails as soon as it is started, and says why. */
const BROKEN_PROGRAM = "console.error('exec /bin/api: exec format error'); process.exit(1)";

let folder: string;
let images: Record<string, StandinImage>;
let host: StandbyHost;
let port: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'standby-'));
  [port = 0] = await freePorts(1);
  const command = [process.execPath, join(api, 'server.ts')];
  const image = { folder: api, command, environment: { BIND_ADDRESS: '127.0.0.1' }, portVariable: 'PORT' };
  const slow = { command: [process.execPath, '-e', SLOW_PROGRAM] };
  const broken = { command: [process.execPath, '-e', BROKEN_PROGRAM] };
  const versions = [3, 4, 5, 6].map((at) => [
    `acme/v:${at}`,
    { ...image, environment: { ...image.environment, AT: `${at}` } },
  ]);
  images = {
    'acme/api:1': image,
    'acme/api:2': image,
    'acme/slow:1': slow,
    'acme/broken:1': broken,
    ...Object.fromEntries(versions),
  };
  host = createProcessHost(folder, images);
});

afterEach(async () => {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Settings {
  readonly image?: string;
  readonly healthPath?: string;
  readonly startTimeoutSeconds?: number;
  readonly pilotLight?: boolean;
  /** Lines in front of the script. */
  readonly more?: string;
  readonly signal?: AbortSignal;
  /** The script, if it is another. */
  readonly text?: string;
}

async function run(action: string, serial: number, settings: Settings = {}) {
  const { image = 'acme/api:1', healthPath = '/health', startTimeoutSeconds = 20 } = settings;
  const { pilotLight = false, more = '', text = script } = settings;
  const lines = [
    '#!/bin/bash',
    `ACTION='${action}' EPOCH='1' SERIAL='${serial}' SERVICE='api' IMAGE='${image}' LOOPBACK_PORT=${port} CONTAINER_PORT=8080`,
    `HEALTH_PATH='${healthPath}' START_TIMEOUT_SECONDS=${startTimeoutSeconds} STOP_GRACE_SECONDS=5`,
    `HOOK_TIMEOUT_SECONDS=1 LOCK_WAIT_SECONDS=${startTimeoutSeconds + 7} PILOT_LIGHT=${pilotLight}`,
    "MEMORY= CREATE_ARGS=(--env 'SITE=standby') COMMAND=() SECRETS=() HOOKS=() PACKAGES_MARKER=",
    'MAY_WAKE=yes LEASE_SECONDS=10 DRAIN_SECONDS=10 SLEEP=stopped IN_CHARGE=primary WAKE_FROM=0',
    NO_LINK,
    more,
    text,
  ];
  const { exitCode, stdout, stderr } = await host.run(lines.join('\n'), {
    timeoutSeconds: 60,
    ...(settings.signal && { signal: settings.signal }),
  });
  // Without the moments at which it was said.
  const said = stdout.trim().replaceAll(/^\d{4}-\S+ /gm, '');
  return { exitCode, why: stderr.trim().split('\n').at(-1), said: said === '' ? [] : said.split('\n') };
}

const done = { exitCode: 0 };

/** What docker says about the container. */
async function docker(template: string): Promise<string> {
  const { stdout } = await host.run(`docker container inspect --format '${template}' failover-api`, {
    timeoutSeconds: 20,
  });
  return stdout.trim();
}

function putHook(name: string, ...lines: string[]): void {
  const hooks = join(host.hooksFolder, 'api');
  mkdirSync(hooks, { recursive: true });
  writeFileSync(join(hooks, name), ['#!/bin/bash', ...lines, ''].join('\n'), { mode: 0o755 });
}

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
    expect(await run('stop', 6)).toMatchObject({
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
    expect(why).toMatch(/^prepare: cannot pull acme\/api:3, and no copy is on this host: .*No such image/);
  });

  it('refuses an action it does not know', async () => {
    expect(await run('reboot', 1)).toMatchObject({
      exitCode: 1,
      why: "action: received 'reboot', expected start, stop, tell, prepare or inspect",
    });
  });

  it('does not take a docker that does not answer for a container that does not run', async () => {
    const more = "docker() { echo 'Cannot connect to the Docker daemon' >&2; return 1; }";
    for (const action of ['stop', 'inspect']) {
      expect(await run(action, 1, { more })).toMatchObject({
        exitCode: 1,
        why: `${action}: docker does not answer: Cannot connect to the Docker daemon`,
      });
    }
  });
});

describe('a start of what runs, or should run', () => {
  it('touches nothing if it answers', async () => {
    await run('start', 1);
    putHook('before-start', 'exit 1');
    const startedAt = await docker('{{.State.StartedAt}}');
    const { exitCode, said } = await run('start', 2);
    expect(exitCode).toBe(0);
    expect(said).toEqual([
      `failover-api already answers on :${port}/health`,
      expect.stringMatching(/^standby: running=true ran=true /),
    ]);
    expect(await docker('{{.State.StartedAt}}')).toBe(startedAt);
  });

  it('starts again what has died', async () => {
    putHook('before-start', 'echo ran');
    await run('start', 1);
    await host.crash();
    expect(await served()).toBeUndefined();
    const { exitCode, said } = await run('start', 2);
    expect(exitCode).toBe(0);
    expect(said).toContain('hook before-start: ran');
    expect(await served()).toBe('standby');
  });

  it('starts again what hangs', async () => {
    await run('start', 1);
    const pid = Number(await docker('{{.State.Pid}}'));
    process.kill(pid, 'SIGSTOP');
    expect(await run('start', 2)).toMatchObject(done);
    expect(isAlive(pid)).toBe(false);
    expect(await served()).toBe('standby');
  });

  it('waits for what docker itself has started and is still on its way', async () => {
    const settings = { image: 'acme/slow:1', pilotLight: true };
    await run('prepare', 0, settings);
    putHook('before-start', 'exit 1');
    await host.run('docker start failover-api', { timeoutSeconds: 20 });
    const { exitCode, said } = await run('start', 1, settings);
    expect(exitCode).toBe(0);
    expect(said[0]).toBe('docker has started failover-api by itself');
  });

  it('does not take another program on the port for the standby', async () => {
    await run('prepare', 0);
    const other = createServer((_, response) => response.end()).listen(port, '127.0.0.1');
    await once(other, 'listening');
    // Docker itself would refuse to publish the port; a plain process is started, and dies of it.
    const more = 'docker() { if [[ $1 != restart ]]; then command docker "$@"; fi; }';
    const { exitCode, why } = await run('start', 1, { more });
    other.close();
    expect(exitCode).toBe(1);
    expect(why).toBe(`start: something answers on :${port}/health, but failover-api does not run`);
  });

  it.each([
    [true, 'always'],
    [false, 'unless-stopped'],
  ])('pilot light %s: docker starts it %s', async (pilotLight, policy) => {
    await run('prepare', 0, { pilotLight });
    expect(await docker('{{.HostConfig.RestartPolicy.Name}}')).toBe(policy);
  });

  it('leaves the host a quarter of its memory, whatever else is configured', async () => {
    await run('prepare', 0, { more: "CREATE_ARGS=(--env 'NOTE=not --memory 1g')" });
    const left = 1 - Number(await docker('{{.HostConfig.Memory}}')) / totalmem();
    expect(left).toBeCloseTo(0.25, 3);
  });

  it('limits the container to the memory that is configured', async () => {
    await run('prepare', 0, { more: 'MEMORY=512m' });
    expect(await docker('{{.HostConfig.Memory}}')).toBe(`${512 * 1024 ** 2}`);
  });
});

describe('inspect', () => {
  const image = 'image=acme/api:1 id=sha256:[0-9a-f]{64} digest=acme/api@sha256:[0-9a-f]{64} wakeFrom=0';
  const line = (running: boolean, ran = running) => [
    expect.stringMatching(`^standby: running=${running} ran=${ran} ${image}$`),
  ];

  it('says what runs, what is stopped and what would be started, and never minds its serial', async () => {
    expect(await run('inspect', 0)).toMatchObject({ exitCode: 0, said: line(false) });
    const { said } = await run('start', 7);
    expect(said.slice(-1)).toEqual(line(true, false));
    expect(await run('inspect', 0)).toMatchObject({ exitCode: 0, said: line(true) });
    await run('stop', 8);
    expect(await run('inspect', 99)).toMatchObject({ exitCode: 0, said: line(false) });
    // It left no serial of its own behind.
    expect(await run('start', 9)).toMatchObject(done);
  });

  it('says so when the image is not on the host', async () => {
    const { exitCode, said } = await run('inspect', 0, { image: 'acme/api:3' });
    expect(exitCode).toBe(0);
    expect(said).toEqual(['standby: running=false ran=false image=acme/api:3 id=- digest=- wakeFrom=0']);
  });

  it('does not wait long for another command', async () => {
    const lock = join(folder, 'state/api.lock');
    const holder = host.run(`flock ${lock} sleep 7`, { timeoutSeconds: 20 });
    await vi.waitFor(async () =>
      expect((await host.run(`flock -n ${lock} true`, { timeoutSeconds: 5 })).exitCode).toBe(1),
    );
    expect(await run('inspect', 0)).toMatchObject({
      exitCode: 1,
      why: `inspect: another command held ${lock} for more than 5 s`,
    });
    await holder;
  });
});

/** A docker in front of the host's that does these lines first; answers what has it found. */
function dockerFirst(...lines: string[]): string {
  const bin = join(folder, 'first');
  mkdirSync(bin, { recursive: true });
  writeFileSync(
    join(bin, 'docker'),
    [
      '#!/bin/bash',
      `echo "$*" >>${join(folder, 'asked')}`,
      ...lines,
      `PATH=\${PATH#*:} exec docker "$@"`,
      '',
    ].join('\n'),
    { mode: 0o755 },
  );
  return `PATH=${bin}:$PATH`;
}
const asked = (what: string) => {
  const file = join(folder, 'asked');
  const all = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return all.filter((line) => line.startsWith(what)).length;
};

/** How many processes have a file of the host open. */
const openers = (file: string): number => {
  const path = join(folder, file);
  return readdirSync('/proc').filter((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
    } catch {
      // No process, or one that has ended meanwhile.
      return false;
    }
  }).length;
};

describe('H1: a pull that takes long', () => {
  const go = () => writeFileSync(join(folder, 'go'), '');
  const slowly = (before = ':') =>
    dockerFirst(
      `${before}; if [[ $1 == pull ]]; then touch ${join(folder, 'pulling')}; until [[ -e ${join(folder, 'go')} ]]; do sleep 0.05; done; fi`,
    );
  const isPulling = () =>
    vi.waitFor(() => expect(existsSync(join(folder, 'pulling'))).toBe(true), { timeout: 20_000 });

  it('keeps no start waiting', async () => {
    await run('prepare', 0);
    const more = slowly();
    const prepare = run('prepare', 0, { more });
    await isPulling();
    expect(await run('start', 1, { more })).toMatchObject(done);
    expect(await run('stop', 2, { more })).toMatchObject(done);
    go();
    expect(await prepare).toMatchObject(done);
  });

  it('of a new image keeps no start waiting: what was prepared before is started', async () => {
    await run('prepare', 0);
    const notYet = `if [[ $1 == image && ! -e ${join(folder, 'go')} && $* == *acme/api:2* ]]; then exit 1; fi`;
    const settings = { more: slowly(notYet), image: 'acme/api:2' };
    const prepare = run('prepare', 0, settings);
    await isPulling();
    const started = await run('start', 1, settings);
    expect(started).toMatchObject(done);
    expect(started.said.join()).toContain(
      'acme/api:2 is not on this host yet; starts what was prepared before, from acme/api:1',
    );
    expect(started.said.at(-1)).toContain(' image=acme/api:1 ');
    go();
    expect(await prepare).toMatchObject(done);
    // What runs is not touched; once it is stopped, the new one takes its place.
    await run('stop', 2, settings);
    const again = await run('start', 3, settings);
    expect(again.said.at(-1)).toContain(' image=acme/api:2 ');
  });

  it('goes on when the command that began it has to end, and makes the container by itself', async () => {
    const settings = { more: slowly(), startTimeoutSeconds: 1 };
    const begun = await run('prepare', 0, settings);
    expect(begun).toMatchObject(done);
    expect(begun.said.join()).toContain(
      'the pull of acme/api:1 goes on, and the container is made when it is done',
    );
    expect((await run('inspect', 0, settings)).said.join()).toContain(
      'trouble=the image acme/api:1 is being pulled',
    );
    const before = openers('state/api.pull.lock');
    const joined = run('prepare', 0, settings);
    // It waits for the pull that is under way, or it would begin one of its own.
    await vi.waitFor(() => expect(openers('state/api.pull.lock')).toBeGreaterThan(before), {
      timeout: 20_000,
    });
    go();
    expect(await joined).toMatchObject(done);
    expect(asked('pull')).toBe(1);
    await vi.waitFor(async () => expect(await docker('{{.Name}}')).toContain('failover-api'), {
      timeout: 20_000,
    });
  });

  it('ends its own trouble and no other', async () => {
    const settings = { more: `${slowly()}\napply_link() { fail 'prepare: another reason'; }` };
    expect(await run('prepare', 0, settings)).toMatchObject({ exitCode: 1, why: 'prepare: another reason' });
    go();
    await vi.waitFor(async () => expect(await docker('{{.Name}}')).toContain('failover-api'), {
      timeout: 20_000,
    });
    expect((await run('inspect', 0, settings)).said.join()).toContain('trouble=prepare: another reason');
  });

  it('outlives the time limit by which the agent ends a command', async () => {
    const more = slowly();
    const killed = new AbortController();
    const prepare = run('prepare', 0, { more, signal: killed.signal });
    await isPulling();
    killed.abort();
    await prepare.catch(() => {});
    go();
    expect(await run('prepare', 0, { more })).toMatchObject(done);
    expect(asked('pull')).toBe(1);
  });
});

it('an image for other processors is found out when it is prepared', async () => {
  const more = dockerFirst('if [[ $* == *Architecture* ]]; then echo s390x; exit; fi');
  const { exitCode, why } = await run('prepare', 0, { more });
  expect(exitCode).toBe(1);
  expect(why).toMatch(
    /^prepare: acme\/api:1 is made for s390x, and this host is (amd64|arm64); name or build one/,
  );
  expect((await run('inspect', 0, { more })).said.join()).toContain(`trouble=${why}`);
});

it('H2: the limits of the log are those of the driver that has them, whatever the default is', async () => {
  await run('prepare', 0, { more: dockerFirst() });
  const created = readFileSync(join(folder, 'asked'), 'utf8')
    .split('\n')
    .find((line) => line.startsWith('create'));
  expect(created).toContain('--log-driver json-file --log-opt max-size=10m --log-opt max-file=3');
});

describe('H3: an older bash', () => {
  it('without EPOCHREALTIME (4.x) works', async () => {
    expect(await run('start', 1, { more: 'unset EPOCHREALTIME' })).toMatchObject(done);
  });

  it('that is too old is refused with what to do', async () => {
    const text = script.replaceAll('BASH_VERSINFO', 'OLD_BASH');
    expect(await run('prepare', 0, { text, more: 'OLD_BASH=(4 3)' })).toMatchObject({
      exitCode: 1,
      why: expect.stringMatching(
        /^prepare: this host has bash .*; 4\.4 or newer is needed, .*use another machine image$/,
      ),
    });
  });
});

describe("H4: docker's own reason", () => {
  const daemon =
    'Error response from daemon: driver failed programming external connectivity: address already in use';
  it.each([
    ['restart', 'start', 'start: docker restart of failover-api failed'],
    ['create', 'prepare', 'prepare: docker create of acme/api:2 failed'],
    ['stop', 'stop', 'stop: docker stop of failover-api failed'],
    ['pull', 'prepare', 'prepare: cannot pull acme/api:9, and no copy is on this host'],
  ])('of a %s that fails is in the last line, which people are mailed', async (verb, action, what) => {
    await run('start', 1);
    if (action !== 'stop') await run('stop', 2);
    const more = dockerFirst(
      `if [[ $1 == ${verb} ]]; then echo 'Unable to find it' >&2; echo '${daemon}' >&2; exit 1; fi`,
    );
    const image = verb === 'pull' ? 'acme/api:9' : verb === 'create' ? 'acme/api:2' : 'acme/api:1';
    expect(await run(action, 3, { more, image })).toMatchObject({ exitCode: 1, why: `${what}: ${daemon}` });
  });

  it('or what the container said last, if it never answered', async () => {
    const { exitCode, why } = await run('start', 1, { image: 'acme/broken:1', startTimeoutSeconds: 2 });
    expect(exitCode).toBe(1);
    expect(why).toMatch(
      /did not answer 2xx .* within 2 s; docker says it is \w+; its last line: exec \/bin\/api: exec format error$/,
    );
  });
});

it('H5: of the images that were prepared only those stay that may still be needed', async () => {
  const removed: string[] = [];
  for (const at of [3, 4, 5, 6]) {
    const { said } = await run('prepare', 0, { image: `acme/v:${at}` });
    removed.push(...said.flatMap((line) => /^removed the image (\S+)/.exec(line)?.[1] ?? []));
    if (at === 4) expect(await run('start', 1, { image: 'acme/v:4' })).toMatchObject(done);
  }
  // The fourth still runs.
  expect(removed).toEqual(['acme/v:3', 'acme/v:5']);
  await run('stop', 2, { image: 'acme/v:6' });
  const { said } = await run('prepare', 0, { image: 'acme/v:6' });
  expect(said.join()).toContain('removed the image acme/v:4');
});

describe('H6: a host that is ill', () => {
  const full = (...names: string[]) => {
    for (const name of names) symlinkSync('/dev/full', join(folder, 'state', name));
  };

  it('starts and stops although the disk is full', async () => {
    await run('prepare', 0);
    full('api.serial.new', 'api.answered.new', 'api.prepared.new', 'api.images.new');
    expect(await run('start', 1)).toMatchObject(done);
    expect(await served()).toBe('standby');
    const { exitCode, said } = await run('stop', 2);
    expect(exitCode).toBe(0);
    expect(said).toContain(`cannot write ${join(folder, 'state/api.serial')}; is the disk full?`);
  });

  it('says so when it is looked at', async () => {
    full('api.probe');
    const { said } = await run('inspect', 0);
    expect(said.at(-1)).toContain(` trouble=it cannot write into ${join(folder, 'state')}`);
  });

  it.each(['abc', '-5', '999999999999999', '9'.repeat(400), '1 2', '08x'])(
    'heals a record of the last command that holds %s',
    async (text) => {
      writeFileSync(join(folder, 'state/api.serial'), text);
      const { exitCode, said } = await run('start', 1);
      expect(exitCode).toBe(0);
      expect(said[0]).toContain('which is no number of a command; it is written anew');
      expect(await run('stop', 0)).toMatchObject({ exitCode: 3 });
    },
  );

  it('reads a number with zeros in front as what it is', async () => {
    writeFileSync(join(folder, 'state/api.serial'), '0000012');
    expect(await run('start', 11)).toMatchObject({ exitCode: 3 });
    expect(await run('start', 12)).toMatchObject(done);
  });
});

it('H8: a tag that was pulled again while the container runs is what the next start runs', async () => {
  const idOf = () => docker('{{.Image}}');
  await run('start', 1, { image: 'acme/v:3' });
  const before = await idOf();
  images['acme/v:3'] = {
    ...images['acme/v:3'],
    environment: { BIND_ADDRESS: '127.0.0.1', AT: 'new' },
  } as StandinImage;
  expect(await run('prepare', 0, { image: 'acme/v:3' })).toMatchObject(done);
  expect(await idOf()).toBe(before);
  await run('stop', 2, { image: 'acme/v:3' });
  expect(await run('start', 3, { image: 'acme/v:3' })).toMatchObject(done);
  expect(await idOf()).not.toBe(before);
});

describe('hooks', () => {
  it('run before and after, are told what it is about, and their output is kept', async () => {
    for (const name of ['before-start', 'after-start', 'before-stop', 'after-stop'])
      putHook(name, 'echo "$ACTION $EPOCH $SERIAL $SERVICE $PORT"', 'printf trouble >&2');
    const of = (name: string, action: string, serial: number) => [
      `hook ${name}: ${action} 1 ${serial} api ${port}`,
      `hook ${name}: trouble`,
    ];
    const start = await run('start', 4);
    expect(start.exitCode).toBe(0);
    expect(start.said).toEqual([
      ...of('before-start', 'start', 4),
      'started failover-api',
      `failover-api answers on :${port}/health`,
      ...of('after-start', 'start', 4),
      expect.stringMatching(/^standby: running=true ran=false /),
    ]);
    expect((await run('stop', 5)).said).toEqual([
      ...of('before-stop', 'stop', 5),
      'failover-api is stopped',
      ...of('after-stop', 'stop', 5),
    ]);
    // Nothing to do: nothing to prepare for.
    expect((await run('stop', 6)).said).toEqual(['failover-api does not run']);
  });

  it('one before the start that fails keeps the standby asleep', async () => {
    putHook('before-start', 'echo the database is still read-only', 'exit 7');
    expect(await run('start', 1)).toMatchObject({
      exitCode: 4,
      why: 'start: vetoed by before-start (exit code 7): the database is still read-only',
      said: ['hook before-start: the database is still read-only'],
    });
    expect(await served()).toBeUndefined();
  });

  it('one before the stop that fails keeps the standby up', async () => {
    await run('start', 1);
    putHook('before-stop', 'exit 1');
    expect(await run('stop', 2)).toMatchObject({
      exitCode: 4,
      why: 'stop: vetoed by before-stop (exit code 1): it said nothing',
    });
    expect(await served()).toBe('standby');
  });

  it('one that takes too long is killed with all it started, and that is a veto', async () => {
    const pids = join(folder, 'pids');
    putHook(
      'before-start',
      'echo waiting',
      `(trap '' TERM; echo $BASHPID >>${pids}; sleep 60; sleep 60) &`,
      `echo $$ >>${pids}`,
      'wait',
    );
    expect(await run('start', 1)).toMatchObject({
      exitCode: 4,
      why: 'start: vetoed by before-start (exit code 124): not done after 1 s and killed; it last said: waiting',
    });
    const started = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
    expect(started).toHaveLength(2);
    await vi.waitFor(() => expect(started.filter(isAlive)).toEqual([]));
    expect(await served()).toBeUndefined();
  });

  it('one after the start that fails undoes nothing', async () => {
    putHook('after-start', 'echo no route', 'exit 5');
    const { exitCode, said } = await run('start', 1);
    expect(exitCode).toBe(0);
    expect(said.slice(-3)).toEqual([
      'hook after-start: no route',
      'hook after-start failed (exit code 5): no route',
      expect.stringMatching(/^standby: running=true ran=false /),
    ]);
    expect(await served()).toBe('standby');
  });

  it('one that says much does not crowd out the last line', async () => {
    putHook('before-start', "for i in $(seq 1000); do printf '%01000d\\n' $i; done");
    const { said } = await run('start', 1);
    expect(said[0]).toBe('hook before-start: (950 earlier lines are left out)');
    // SSM keeps the first 24,000 characters; the other hook may say as much.
    expect(said.join('\n').length).toBeLessThan(12_000);
    expect(said.at(-1)).toMatch(/^standby: running=true ran=false /);
  });

  it('what a hook leaves running holds neither the command nor the lock', async () => {
    const pid = join(folder, 'pid');
    putHook('before-start', `sleep 30 & echo $! >${pid}`);
    const began = Date.now();
    expect(await run('start', 1)).toMatchObject(done);
    expect(await run('stop', 2)).toMatchObject(done);
    expect(Date.now() - began).toBeLessThan(20_000);
    process.kill(Number(readFileSync(pid, 'utf8')));
  });

  it('a file that is not executable is no hook, and that is said', async () => {
    putHook('before-start', 'exit 1');
    const file = join(host.hooksFolder, 'api/before-start');
    await host.run(`chmod -x ${file}`, { timeoutSeconds: 5 });
    const { exitCode, said } = await run('start', 1);
    expect(exitCode).toBe(0);
    expect(said[0]).toBe(`hook before-start is skipped: ${file} is not executable`);
  });
});

describe('secrets', () => {
  const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf';
  const parameterArn = 'arn:aws:ssm:eu-central-1:123456789012:parameter/api/key';
  const [first, second] = ['one', 'two'] as const;
  /** AWS, as files: a value for each name; what is not there is refused. */
  const store = () => join(folder, 'aws');
  const put = (name: string, value: string) => {
    mkdirSync(store(), { recursive: true });
    writeFileSync(join(store(), name), value);
  };
  const withSecrets = {
    more: `SECRETS=('DB_PASSWORD=${secret}' 'API_KEY=${parameterArn}') REGION=eu-central-1`,
    get text() {
      // In place of the AWS command: the last word that names something.
      const asked = `ask_aws() { local all="$*" name=key; if [[ $all == *secret:db* ]]; then name=db; fi; printf '%s\\n' "$all" >>${store()}.asked; cat "${store()}/$name" 2>/dev/null || fail "$ACTION: aws says no"; }`;
      return hostScripts
        .filter((name) => name !== 'link.sh' && name !== 'line.sh')
        .flatMap((name) => (name === 'aws.sh' ? [asked] : linesOf(name)))
        .join('\n');
    },
  };
  const values = () => docker('{{json .Config.Env}}');

  it('are fetched when the host is prepared, and are nowhere but in a file of root', async () => {
    put('db', `${first}\n`);
    put('key', `${second}\n`);
    const prepared = await run('prepare', 0, withSecrets);
    expect(prepared).toMatchObject(done);
    expect(JSON.stringify(prepared)).not.toMatch(/one|two/);
    expect(await values()).toMatch(/DB_PASSWORD.*one/);
    expect(await values()).toMatch(/API_KEY.*two/);
    expect(readFileSync(`${store()}.asked`, 'utf8').trim().split('\n')).toEqual([
      `secretsmanager get-secret-value --secret-id ${secret} --query SecretString --output text`,
      'ssm get-parameter --with-decryption --name /api/key --query Parameter.Value --output text',
    ]);
  });

  it('are fetched by the start of a host that was never prepared', async () => {
    put('db', first);
    put('key', second);
    expect(await run('start', 1, withSecrets)).toMatchObject(done);
    expect(await values()).toMatch(/DB_PASSWORD.*one/);
  });

  it('that are new are in the next container, and the one that runs goes on', async () => {
    put('db', first);
    put('key', second);
    await run('start', 1, withSecrets);
    put('db', 'three');
    expect(await run('prepare', 0, withSecrets)).toMatchObject(done);
    expect(await values()).toMatch(/DB_PASSWORD.*one/);
    await run('stop', 2, withSecrets);
    expect(await run('start', 3, withSecrets)).toMatchObject(done);
    expect(await values()).toMatch(/DB_PASSWORD.*three/);
  });

  it('that cannot be fetched are kept, and "prepare" fails so that people hear of it', async () => {
    put('db', first);
    put('key', second);
    await run('prepare', 0, withSecrets);
    rmSync(join(store(), 'db'));
    const again = await run('prepare', 0, withSecrets);
    expect(again).toMatchObject({
      exitCode: 1,
      why: expect.stringContaining('the host has those from before'),
    });
    expect(again.said).toContain('keeping the secrets that are on this host');
    expect(await run('start', 1, withSecrets)).toMatchObject(done);
  });

  it('that were never there fail a start, which says what AWS said', async () => {
    expect(await run('start', 1, withSecrets)).toMatchObject({ exitCode: 1, why: 'start: aws says no' });
  });

  it.each([['two\nlines'], ['']])('%j cannot be one', async (value) => {
    put('db', value);
    put('key', second);
    expect(await run('prepare', 0, withSecrets)).toMatchObject({
      exitCode: 1,
      why: expect.stringMatching(
        /^prepare: the secret for DB_PASSWORD \(arn.*\) is empty or has more than one line/,
      ),
    });
  });

  it('that are not wanted any more are taken away', async () => {
    put('db', first);
    put('key', second);
    await run('prepare', 0, withSecrets);
    expect(await run('prepare', 0)).toMatchObject(done);
    expect(await values()).not.toMatch(/one/);
  });
});

describe('hooks that travel with the deployment', () => {
  const deployed = (name: string, ...lines: string[]) =>
    `HOOKS=('${name}=${Buffer.from(['#!/bin/bash', ...lines, ''].join('\n')).toString('base64')}')`;

  it('run on a host that has never seen them, in place of what was put there by hand', async () => {
    putHook('before-start', 'echo by hand');
    const { said, exitCode } = await run('start', 1, { more: deployed('before-start', 'echo deployed') });
    expect(exitCode).toBe(0);
    expect(said).toContain('hook before-start: deployed');
    expect(said).not.toContain('hook before-start: by hand');
  });

  it('that are gone from the deployment are gone from the host', async () => {
    await run('start', 1, { more: deployed('before-stop', 'echo first') });
    expect((await run('stop', 2, { more: deployed('after-stop', 'echo second') })).said).toEqual([
      'failover-api is stopped',
      'hook after-stop: second',
    ]);
  });
});

describe('a host that is being installed', () => {
  it('is prepared when its packages are there', async () => {
    const marker = join(folder, 'state', 'installed');
    const began = Date.now();
    const prepared = run('prepare', 0, { more: "PACKAGES_MARKER='installed'" }).then((result) => [
      result,
      Date.now() - began,
    ]);
    setTimeout(() => writeFileSync(marker, ''), 1500);
    const [result, took] = await prepared;
    expect(result).toMatchObject(done);
    expect(took).toBeGreaterThanOrEqual(1500);
  });

  it('says so if they are not there in time', async () => {
    const settings = { more: "PACKAGES_MARKER='never' LOCK_WAIT_SECONDS=1" };
    expect(await run('prepare', 0, settings)).toMatchObject({
      exitCode: 1,
      why: 'prepare: the packages of this host are not installed after 1 s; /var/log/cloud-init-output.log on it says why',
    });
  });
});

test('a command takes the place of the image’s own', async () => {
  // The stand-in for docker takes none, and says what it was given.
  expect(await run('prepare', 0, { more: "COMMAND=(sh -c 'exit 3')" })).toMatchObject({
    exitCode: 1,
    why: expect.stringContaining('takes no command, got sh -c exit 3'),
  });
});
