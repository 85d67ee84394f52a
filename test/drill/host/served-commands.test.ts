import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommandFailed, clientScript, serveCommands } from '../../../drill/host/served-commands.ts';
import { temporaryFolder } from '../cloud/fixture.ts';

const folder = temporaryFolder();
const MUCH = 'größer als ein Puffer\n'.repeat(50_000);
const served = serveCommands({
  echo: async (args) => JSON.stringify(args),
  much: async () => MUCH,
  nothing: async () => '',
  refuse: async () => {
    throw new CommandFailed('refused\nfor a reason', 125);
  },
  crash: async () => {
    throw new TypeError('not foreseen');
  },
});
const env: Record<string, string> = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8' };

beforeAll(async () => {
  await served.open(env);
  for (const name of ['echo', 'much', 'nothing', 'refuse', 'crash', 'unheard-of'])
    writeFileSync(join(folder.path, name), clientScript, { mode: 0o755 });
});
afterAll(() => {
  served.close();
  folder.remove();
});

function call(name: string, args: string[] = [], more: Record<string, string> = {}) {
  const file = join(folder.path, name);
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(file, args, { env: { ...env, ...more }, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe('a command that the drill serves', () => {
  test.each<[string, string[]]>([
    ['none', []],
    ['empty ones, spaces, quotes and lines', ['', ' a  b ', `'"$HOME\\`, 'two\nlines\n', '*']],
    ['what is no ASCII', ['größer', '→']],
    ['what is longer than a segment', ['x'.repeat(100_000), 'end']],
  ])('gets its arguments as they are: %s', async (_, args) => {
    expect(await call('echo', args)).toEqual({ code: 0, stdout: JSON.stringify(args), stderr: '' });
  });

  test('prints all that it says, and nothing where it says nothing', async () => {
    expect(await call('much')).toEqual({ code: 0, stdout: MUCH, stderr: '' });
    expect(await call('nothing')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each<[string, number, string]>([
    ['refuse', 125, 'refused\nfor a reason\n'],
    ['crash', 1, 'not foreseen\n'],
    ['unheard-of', 127, 'the drill serves no such command\n'],
  ])('that fails says why: %s', async (name, code, stderr) => {
    expect(await call(name)).toEqual({ code, stdout: '', stderr });
  });

  test('several at once do not get into each other’s way', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, each) => call('echo', [String(each)])));
    expect(answers.map(({ stdout }) => stdout)).toEqual(
      answers.map((_, each) => JSON.stringify([String(each)])),
    );
  });
});

describe('nobody is served', () => {
  test('who has not the token', async () => {
    const { code, stdout } = await call('echo', ['x'], { DRILL_COMMANDS_TOKEN: 'guessed' });
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
  });

  test('who leaves before he has said what he wants, and the next one is', async () => {
    const socket = connect(Number(env.DRILL_COMMANDS_PORT), '127.0.0.1');
    socket.write(`${env.DRILL_COMMANDS_TOKEN}\0echo\0`);
    socket.end('2\0only one\0');
    expect(await text(socket)).toBe('');
    if (!socket.closed) await once(socket, 'close');
    expect((await call('echo', ['x'])).stdout).toBe('["x"]');
  });

  test('after it was closed, until it is opened again', async () => {
    served.close();
    expect((await call('nothing')).code).not.toBe(0);
    await served.open(env);
    expect((await call('nothing')).code).toBe(0);
  });
});
