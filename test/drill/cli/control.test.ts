import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actions, type ControlServer, findHeldDrill, startControl } from '../../../drill/cli/control.ts';
import { temporaryFolder } from '../cloud/fixture.ts';

const folder = temporaryFolder();
const file = join(folder.path, 'hybrid-failover', 'held-drill.json');
const done: string[] = [];
let control: ControlServer;
afterAll(folder.remove);

beforeEach(async () => {
  done.length = 0;
  const note = (what: string) => async () => void done.push(what);
  control = await startControl(
    {
      down: note('down'),
      up: async () => {
        throw new Error('the primary runs already');
      },
      hang: note('hang'),
      resume: note('resume'),
      'prometheus-down': note('prometheus-down'),
      'prometheus-up': note('prometheus-up'),
      state: async () => ({ phase: 'home' }),
    },
    file,
  );
});
afterEach(() => control.stop());

const call = (method: string, path: string, token = control.token) =>
  fetch(control.url + path, { method, headers: { authorization: `Bearer ${token}` } });

describe('the control server', () => {
  test.each(['down', 'hang', 'resume', 'prometheus-down', 'prometheus-up'])(
    'POST /%s does it',
    async (what) => {
      expect((await call('POST', `/${what}`)).status).toBe(200);
      expect(done).toEqual([what]);
    },
  );

  test('GET /state answers the state', async () => {
    expect(await (await call('GET', '/state')).json()).toEqual({ phase: 'home' });
  });

  test.each<[string, string, string | undefined, number]>([
    ['POST', '/down', 'wrong', 401],
    ['GET', '/down', undefined, 404],
    ['POST', '/nope', undefined, 404],
    ['POST', '/up', undefined, 409],
  ])('%s %s with the token %s gives %i', async (method, path, token, status) => {
    expect((await call(method, path, token)).status).toBe(status);
    expect(done).toEqual([]);
  });
});

describe('the control file', () => {
  test('is for this user only, and goes with the drill', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(findHeldDrill(file)).toMatchObject({ url: control.url, token: control.token });
    await control.stop();
    expect(findHeldDrill(file)).toBeUndefined();
  });

  test('of a drill that was killed is recognised and removed', async () => {
    await control.stop();
    mkdirSync(dirname(file), { recursive: true });
    // No process has this id: it is larger than the largest that Linux gives.
    writeFileSync(file, JSON.stringify({ url: control.url, token: 'x', pid: 2 ** 22 + 1 }));
    expect(findHeldDrill(file)).toBeUndefined();
    expect(existsSync(file)).toBe(false);
  });
});

describe('simulate', () => {
  const program = fileURLToPath(new URL('../../../drill/cli/simulate.ts', import.meta.url));
  /** Without docker on PATH, so that no site of this machine is touched. */
  const simulate = (...args: string[]) =>
    new Promise<{ code: number; said: string }>((resolve) => {
      const env = { XDG_CACHE_HOME: folder.path, PATH: '/nowhere' };
      execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
      );
    });

  test('each action has a script of that name', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    const named = Object.keys(scripts).filter((name) => name.startsWith('simulate:'));
    expect(named.sort()).toEqual(
      Object.keys(actions)
        .map((name) => `simulate:${name}`)
        .sort(),
    );
    for (const name of named) expect(scripts[name]).toBe(`node drill/cli/simulate.ts ${name.slice(9)}`);
  });

  test('down acts on the held drill', async () => {
    expect(await simulate('down')).toEqual({
      code: 0,
      said: 'done on the held drill: down (kills the primary (SIGKILL))\n',
    });
    expect(done).toEqual(['down']);
  });

  test('a refusal of the drill is told', async () => {
    expect(await simulate('up')).toEqual({
      code: 1,
      said: 'simulate: the held drill refused: the primary runs already\n',
    });
  });

  test('without a drill and a site it says what to do', async () => {
    await control.stop();
    const { code, said } = await simulate('down');
    expect(code).toBe(1);
    expect(said).toMatch(/nothing to act on: .*npm start -- --hold/);
  });

  test.each([[[]], [['sideways']], [['down', 'up']]])('%j is refused', async (args) => {
    const { code, said } = await simulate(...args);
    expect(code).toBe(1);
    expect(said).toMatch(/expected one of npm run simulate:down, /);
  });
});
