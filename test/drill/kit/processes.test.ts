import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProcesses, isListening, type ProcessSpec } from '../../../drill/kit/processes.ts';
import { freePorts } from '../../../drill/kit/tcp-ports.ts';
import { isAlive, temporaryFolder } from '../cloud/fixture.ts';

const folder = temporaryFolder();
const unexpected: string[] = [];
const trouble: string[] = [];
const processes = createProcesses(
  (name, description) => unexpected.push(`${name} ${description}`),
  (message) => trouble.push(message),
);
afterAll(async () => {
  await processes.cleanup();
  folder.remove();
});
beforeEach(() => {
  unexpected.length = 0;
  trouble.length = 0;
});

const shell = (script: string, more: Partial<ProcessSpec> = {}): ProcessSpec => ({
  name: 'program',
  command: 'sh',
  args: ['-c', script],
  logFile: join(folder.path, 'program.log'),
  ...more,
});
describe('a supervised program', () => {
  test('is ready when its port answers, and ends when it is asked to', async () => {
    const [port = 0] = await freePorts(1);
    const code = `require('node:http').createServer().listen(${port}, '127.0.0.1')`;
    const server = await processes.start(
      shell('', { command: process.execPath, args: ['-e', code], isReady: () => isListening(port) }),
    );
    expect(server.isRunning()).toBe(true);
    await server.stop();
    expect(server.isRunning()).toBe(false);
    expect(unexpected).toEqual([]);
  });

  test('that ignores SIGTERM is killed after the grace, with its children', async () => {
    const file = join(folder.path, 'child');
    const program = await processes.start(
      shell(`trap '' TERM; sleep 60 & echo $! > ${file}; wait; sleep 60`, {
        graceSeconds: 0.3,
        isReady: async () => existsSync(file),
      }),
    );
    const child = await vi.waitFor(() => {
      const pid = Number(readFileSync(file, 'utf8'));
      expect(pid).toBeGreaterThan(0);
      return pid;
    });
    await program.stop();
    await vi.waitFor(() => expect([isAlive(program.pid), isAlive(child)]).toEqual([false, false]));
  });

  test('that was frozen can still be stopped', async () => {
    const program = await processes.start(shell('sleep 60'));
    program.signal('SIGSTOP');
    await program.stop();
    expect(isAlive(program.pid)).toBe(false);
  });

  test('that ends by itself is reported with its last lines', async () => {
    const program = await processes.start(shell('echo something is wrong >&2; sleep 0.1; exit 7'));
    await program.exited;
    await vi.waitFor(() =>
      expect(unexpected.join()).toMatch(/program ended with code 7; its last lines:\n {2}something is wrong/),
    );
  });

  test('that was killed on purpose is not reported', async () => {
    const program = await processes.start(shell('sleep 60'));
    program.signal('SIGKILL');
    expect(await program.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(unexpected).toEqual([]);
  });

  test.each<[string, ProcessSpec, RegExp]>([
    [
      'ends before it is ready',
      shell('echo bad config; exit 1', { isReady: async () => false }),
      /program ended with code 1 before it was ready; its last lines:[\s\S]*bad config/,
    ],
    [
      'never gets ready',
      shell('sleep 60', { isReady: async () => false, readySeconds: 0.2 }),
      /program was not ready after 0\.2 s/,
    ],
    [
      'does not exist',
      shell('', { command: '/no/such/program' }),
      /program could not be started: .*ENOENT; check that \/no\/such\/program can be executed/,
    ],
  ])('that %s is a clear error', async (_name, spec, message) => {
    await expect(processes.start(spec)).rejects.toThrow(message);
  });
});

describe('the cleanup', () => {
  test('undoes everything in reverse order, once, and goes on after a failure', async () => {
    const order: string[] = [];
    const own = createProcesses(
      () => {},
      (message) => order.push(message),
    );
    own.onCleanup('first', async () => void order.push('first'));
    own.onCleanup('second', async () => {
      throw new Error('stuck');
    });
    own.onCleanup('third', async () => void order.push('third'));
    await Promise.all([own.cleanup(), own.cleanup()]);
    await own.cleanup();
    expect(order).toEqual(['third', 'second: stuck', 'first']);
  });

  const script = (ending: string) => `
    import { createProcesses } from '${new URL('../../../drill/kit/processes.ts', import.meta.url).href}';
    import { cleanUpOnEnd } from '${new URL('../../../drill/kit/endings.ts', import.meta.url).href}';
    const processes = createProcesses(() => {}, console.error);
    cleanUpOnEnd(processes.cleanup, () => {});
    const one = await processes.start({ name: 'a', command: 'sleep', args: ['60'], logFile: '/dev/null' });
    console.log(one.pid);
    ${ending}
    setInterval(() => {}, 1000);
  `;
  test.each<[string, string, NodeJS.Signals | undefined, number]>([
    ['Ctrl-C', '', 'SIGINT', 130],
    ['SIGTERM', '', 'SIGTERM', 143],
    ['an error that nobody caught', "setTimeout(() => { throw new Error('oops'); }, 50);", undefined, 1],
    ['an exit without a cleanup', 'setTimeout(() => process.exit(3), 50);', undefined, 3],
  ])('%s leaves nothing behind', async (_name, ending, signal, code) => {
    const file = join(folder.path, 'ends.ts');
    writeFileSync(file, script(ending));
    const drill = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [text] = await once(drill.stdout, 'data');
    const pid = Number(String(text));
    expect(pid).toBeGreaterThan(0);
    if (signal) drill.kill(signal);
    const [exitCode] = await once(drill, 'exit');
    expect(exitCode).toBe(code);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  });
});
