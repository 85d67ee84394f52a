import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Action } from '../../drill/cli/control.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

export type Ran = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

/** A drill that is held, and the command line against it, each command as a process of its own. */
export type HeldDrill = {
  /** What the shell of an operator has set. */
  readonly env: Readonly<Record<string, string>>;
  failover(...args: string[]): Promise<Ran>;
  simulate(action: Action): Promise<Ran>;
  /** What it has printed so far. */
  timeline(): string;
  end(): Promise<void>;
};

/** `npm start -- --hold`, until it says that everything is up. */
export async function holdDrill(): Promise<HeldDrill> {
  const child = spawn(process.execPath, ['drill/cli/main.ts', '--hold'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  const envFile = await envFileOf(child, said);
  const env = readEnv(envFile);
  const run = (...args: string[]) => runProcess(args, { ...withoutAws(process.env), ...env });
  return {
    env,
    failover: (...args) => run('bin/failover.ts', ...args),
    simulate: (action) => run('drill/cli/simulate.ts', action),
    timeline: () => said.join('\n'),
    async end() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

export async function runProcess(args: string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const child = spawn(process.execPath, args, { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}

/** Whoever runs the tests may be signed in to an account of their own. */
export function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')));
}

async function envFileOf(child: ChildProcess, said: string[]): Promise<string> {
  const found = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        const [, file] = /^ {2}\. (\S+)/.exec(line) ?? [];
        if (file) resolve(file);
      });
    }
    child.once('exit', (code) => reject(new Error(`the drill ended with ${code}:\n${said.join('\n')}`)));
  });
  return found;
}

function readEnv(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value = ''] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  );
}
