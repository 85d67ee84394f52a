import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dockerVersion } from '../../../drill/kit/docker.ts';
import {
  freePorts,
  PORTS_VARIABLE,
  portRanges,
  releasePorts,
  steadyPorts,
} from '../../../drill/kit/tcp-ports.ts';
import { VERSIONS_VARIABLE } from '../../../drill/kit/versions.ts';
import { pinnedImage } from '../../../drill/parts/docker.ts';
import { findParts } from '../../../drill/parts/find.ts';
import { invocation } from '../../../drill/parts/program.ts';
import { relocate } from '../../../drill/parts/relocate.ts';

const systemPath = process.env.PATH ?? '';
let bin: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'parts-bin-'));
  vi.stubEnv('PATH', `${bin}:${systemPath}`);
  vi.stubEnv('DOCKER_HOST', undefined);
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(tmpdir(), 'parts-cache-')));
  // Unless a test says otherwise: Docker without a daemon, and a machine without apt.
  program('docker', 'exit 1');
  program('apt-get', 'exit 1');
});
afterEach(() => void vi.unstubAllEnvs());

/** Puts a program of our own first on PATH. */
function program(name: string, script: string): string {
  const path = join(bin, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('on PATH', () => {
  test('a program is found, and says its own version', async () => {
    const command = program('haproxy', 'echo "HAProxy version 3.9.9-test 2030/01/01 - https://haproxy.org/"');
    const { haproxy } = await findParts(['haproxy'], { folders: [bin] });
    expect(haproxy).toEqual({
      name: 'haproxy',
      version: '3.9.9-test',
      source: 'path',
      command,
      args: [],
      env: {},
    });
  });

  test('a version on stderr, and a name that Debian gave, are understood', async () => {
    const command = program('prometheus-alertmanager', 'echo "alertmanager, version 0.25.0 (branch: x)" >&2');
    const { alertmanager } = await findParts(['alertmanager'], { folders: [bin] });
    expect(alertmanager).toMatchObject({ version: '0.25.0', command });
  });
});

test('a program that says only its name before its version, and is in no image of the site', async () => {
  program('docker', 'case "$1" in version) echo 27.0.1 ;; *) exit 1 ;; esac');
  const command = program('stunnel4', 'echo "stunnel 5.68 on x86_64-pc-linux-gnu platform" >&2');
  const { stunnel } = await findParts(['stunnel'], { folders: [bin] });
  expect(stunnel).toMatchObject({ version: '5.68', source: 'path', command });
});

test('stunnel that cannot be had is named with its package', async () => {
  await expect(findParts(['stunnel'], { folders: [bin] })).rejects.toThrow(
    /stunnel cannot be had: no service of onprem\/compose.yaml runs it; .*What to do: install stunnel4 so/s,
  );
});

describe('in Docker', () => {
  const server = `
case "$1" in
  version) echo 27.0.1 ;;
  image) [ "$5" = "$WITH_IMAGE" ] ;;
  run) echo "HAProxy version 3.2.24" ;;
esac`;

  test('a daemon that has the pinned image is preferred to PATH', async () => {
    const image = await pinnedImage('haproxy');
    vi.stubEnv('WITH_IMAGE', image);
    program('docker', server);
    program('haproxy', 'echo "HAProxy version 2.6.12"');
    const { haproxy } = await findParts(['haproxy'], { mounts: ['/srv/site'], folders: [bin] });
    expect(haproxy).toMatchObject({ source: 'docker', version: '3.2.24', image });
    const start = invocation(haproxy, ['-f', '/srv/site/haproxy.cfg'], { SERVICE_BIND: ':80' });
    expect(start.args.join(' ')).toContain(
      `--volume /srv/site:/srv/site --entrypoint /usr/local/sbin/haproxy --env SERVICE_BIND ${image} -f /srv/site/haproxy.cfg`,
    );
    expect(start.args).toContain('never');
    expect(start.env.SERVICE_BIND).toBe(':80');
  });

  test('a daemon without the image is passed over', async () => {
    program('docker', server);
    program('haproxy', 'echo "HAProxy version 2.6.12"');
    expect((await findParts(['haproxy'], { folders: [bin] })).haproxy.source).toBe('path');
  });

  test('the version of the daemon is its own, or null', async () => {
    expect(await dockerVersion()).toBeNull();
    program('docker', server);
    expect(await dockerVersion()).toBe('27.0.1');
  });
});

describe('in packages', () => {
  /** An apt that knows one package, and a dpkg that unpacks a program which prints its version. */
  function packageManager(): string {
    const calls = join(bin, 'calls');
    program(
      'apt-get',
      `echo "$*" >> ${calls}
case "$*" in
  *--simulate*) echo 'Inst libx (1.0 Debian:12 [amd64])'; echo 'Inst haproxy (2.6.12-1 Debian:12 [amd64])' ;;
  *download*) touch libx.deb haproxy.deb ;;
esac`,
    );
    program(
      'dpkg',
      `case "$1" in
  --print-architecture) echo amd64 ;;
  -x) mkdir -p "$3/usr/sbin" "$3/usr/lib/x86_64-linux-gnu"
      printf '#!/bin/sh\\necho "HAProxy version 2.6.12-1 with $LD_LIBRARY_PATH"\\n' > "$3/usr/sbin/haproxy"
      chmod +x "$3/usr/sbin/haproxy" ;;
esac`,
    );
    return calls;
  }

  test('a package is unpacked once, with its libraries, and is found again', async () => {
    const calls = packageManager();
    const lines: string[] = [];
    const first = await findParts(['haproxy'], { folders: [bin], progress: (line) => lines.push(line) });
    expect(first.haproxy).toMatchObject({ source: 'package', version: '2.6.12-1' });
    expect(first.haproxy.command.startsWith(process.env.XDG_CACHE_HOME ?? '-')).toBe(true);
    expect(first.haproxy.env.LD_LIBRARY_PATH).toContain('haproxy/usr/lib/x86_64-linux-gnu');
    expect(lines).toEqual([
      'fetching package lists for haproxy',
      'downloading haproxy 2.6.12-1 (2 packages)',
    ]);
    expect(readFileSync(calls, 'utf8')).toContain('download libx=1.0 haproxy=2.6.12-1');

    writeFileSync(calls, '');
    expect(await findParts(['haproxy'], { folders: [bin] })).toEqual(first);
    expect(readFileSync(calls, 'utf8')).toBe('--version\n');
  });

  test('two searches at once do not get into each other’s way', async () => {
    packageManager();
    const [one, other] = await Promise.all([
      findParts(['haproxy'], { folders: [bin] }),
      findParts(['haproxy'], { folders: [bin] }),
    ]);
    expect(one).toEqual(other);
  });
});

describe('in the newest versions', () => {
  test('neither Docker nor PATH is asked, and another word is refused with what is taken', async () => {
    program('haproxy', 'echo "HAProxy version 2.6.12"');
    const search = findParts(['haproxy'], { folders: [bin], versions: 'newest' });
    // There is no apt here.
    await expect(search).rejects.toThrow(/haproxy cannot be had: no apt-get and dpkg on this machine/);
    vi.stubEnv(VERSIONS_VARIABLE, 'latest');
    await expect(findParts(['haproxy'], { folders: [bin] })).rejects.toThrow(
      `${VERSIONS_VARIABLE}: received "latest", expected machine or newest`,
    );
  });
});

test('what cannot be had is named, with all that was tried and what to do', async () => {
  program('haproxy', 'echo "error while loading shared libraries: liblua" >&2; exit 127');
  const search = findParts(['haproxy', 'promtool'], { folders: [bin] });
  await expect(search).rejects.toThrow(/haproxy cannot be had: no Docker daemon can be reached; .*liblua.*/);
  await expect(search).rejects.toThrow(/promtool cannot be had: .*no apt-get and dpkg on this machine\./);
  await expect(search).rejects.toThrow(/What to do: install haproxy prometheus so that it is on PATH/);
});

test('a compiled-in folder is replaced without moving a byte, wherever it occurs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'relocate-'));
  const file = join(folder, 'program');
  writeFileSync(file, 'head /usr/share/some/folder/ui tail /usr/share/some/folder end', { mode: 0o755 });
  await relocate(file, '/usr/share/some/folder');
  expect(readFileSync(file, 'utf8')).toBe('head /proc/self/fd/9////////ui tail /proc/self/fd/9/////// end');
});

test('free ports are given out once, until they are released', async () => {
  vi.stubEnv(PORTS_VARIABLE, '31700-31729');
  const nothingLeft = 'no 1 free TCP ports on 127.0.0.1 from 31710 to 31729';
  const own: number[] = [];
  await expect(
    (async () => {
      while (own.length <= 20) own.push(...(await freePorts(1)));
    })(),
  ).rejects.toThrow(nothingLeft);
  expect(new Set(own).size).toBe(own.length);
  // Nobody listens on them yet; another process is refused all the same.
  const { href } = new URL('../../../drill/kit/tcp-ports.ts', import.meta.url);
  const text = `import { freePorts } from '${href}'; console.log(...(await freePorts(1)));`;
  const other = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', text]);
  await expect(other()).rejects.toThrow(nothingLeft);
  const [released = 0] = own;
  releasePorts([released]);
  expect((await other()).stdout).toBe(`${released}\n`);
  releasePorts(own);
});

test('drills side by side have ports of their own', async () => {
  const [first = '', second = ''] = portRanges(2);
  expect([first, second]).toEqual(['20000-25999', '26000-31999']);
  vi.stubEnv(PORTS_VARIABLE, second);
  for (const port of await freePorts(20)) expect(port).toBeGreaterThanOrEqual(26_010);
  // Of a range that no drill of this machine is given.
  vi.stubEnv(PORTS_VARIABLE, '31800-31999');
  expect(await steadyPorts(2)).toEqual([31_800, 31_801]);
  // What makes no sense is as if it were not there.
  vi.stubEnv(PORTS_VARIABLE, '80-90');
  expect(Math.min(...(await freePorts(5)))).toBeGreaterThanOrEqual(20_000);
});
