import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostRun, StandbyHost } from '../cloud/standby-host.ts';
import { quoted } from '../kit/shell-quote.ts';
import { invocation, type Program } from '../parts/program.ts';
import { awsStandin } from './aws-standin.ts';
import { mayPull } from './registry.ts';
import { clientScript, type ServedCommand, serveCommands } from './served-commands.ts';

/** What a host is made of. */
export interface HostOptions {
  /** State, scripts and logs of the host are kept in this folder. */
  readonly folder: string;
  /** The host's `docker` command: the text of an executable script, or what makes the one that the drill serves. */
  readonly docker: string | ((dockerFolder: string, env: Readonly<Record<string, string>>) => ServedCommand);
  /** Variables for the host's scripts and its docker command. */
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined for a host on which nobody has installed it. */
  readonly stunnel: Program | undefined;
}

/** How long a container may take to end before the host removes it by force, in seconds. */
const SHUTDOWN_GRACE_SECONDS = 10;

/** A new host's agent is there before its packages are. */
const INSTALLING_MS = 2000;

/** How Docker's moment for "has never been started" begins. */
const NEVER = '0001-01-01';

/** Makes a host in its folder. Nothing is run before the first command. */
export function createHost({ folder, docker: dockerOption, environment, stunnel }: HostOptions): StandbyHost {
  const inFolder = (name: string) => join(folder, name);
  const bin = inFolder('bin');
  const dockerFolder = inFolder('docker');
  const hooksFolder = inFolder('hooks');
  const linkFolder = inFolder('link');
  const unitsFolder = inFolder('units');
  const disk = [dockerFolder, hooksFolder, unitsFolder, inFolder('state'), inFolder('commands')];
  const format = () => {
    for (const needed of disk) mkdirSync(needed, { recursive: true });
  };
  mkdirSync(bin, { recursive: true });
  format();
  // The user data of a real host writes it with its last line (lib/kinds/ec2/host-stack.ts).
  const installPackages = () => writeFileSync(join(inFolder('state'), 'packages-installed'), '');
  installPackages();
  const command = (name: string, text: string) => {
    const file = join(bin, name);
    writeFileSync(file, text, { mode: 0o755 });
    return file;
  };
  const systemctl = command(
    'systemctl',
    `#!/bin/sh\nexec bash ${quoted(besides('systemctl-standin.sh'))} "$@"\n`,
  );
  if (stunnel) command('stunnel4', starting(stunnel));
  // The path of a socket may have 107 characters, and the folder's may be longer.
  const sockets = mkdtempSync(join(tmpdir(), 'host-'));
  const env: Record<string, string> = {
    PATH: `${bin}:${process.env.PATH ?? '/usr/bin:/bin'}`,
    HOME: folder,
    LANG: 'C.UTF-8',
    FAILOVER_STATE_DIR: inFolder('state'),
    FAILOVER_HOOKS_DIR: hooksFolder,
    FAILOVER_LINK_DIR: linkFolder,
    FAILOVER_UNIT_DIR: unitsFolder,
    // No root, and nothing that the network could reach.
    FAILOVER_LINK_USER: '',
    FAILOVER_LINK_ADDRESS: '127.0.0.1',
    DRILL_DOCKER_DIR: dockerFolder,
    DRILL_UNITS_DIR: unitsFolder,
    FAILOVER_LINE_SOCKET: join(sockets, 'line'),
    DRILL_SOCKET: [process.execPath, besides('socket-standin.ts')].map(quoted).join(' '),
    ...environment,
  };
  const served: Record<string, ServedCommand> = {
    aws: awsStandin(env),
    'may-pull': async ([image = '']) => mayPull(image, env).then(() => ''),
  };
  if (typeof dockerOption === 'string') command('docker', dockerOption);
  else served.docker = dockerOption(dockerFolder, env);
  for (const name of Object.keys(served)) command(name, clientScript);
  const docker = join(bin, 'docker');
  const commandServer = serveCommands(served);
  let commands = 0;
  let ranBefore = new Set<string>();
  const run = async (program: string, args: string[], timeoutSeconds: number, signal?: AbortSignal) => {
    await commandServer.open(env);
    return runProcess(program, args, { cwd: folder, env, timeoutSeconds, ...(signal && { signal }) });
  };
  const inspect = async (name: string, template: string) => {
    const { stdout } = await run(docker, ['container', 'inspect', '--format', template, name], 60);
    return stdout.trim();
  };
  const running = async () => {
    const found: string[] = [];
    for (const name of containerNames(dockerFolder))
      if ((await inspect(name, '{{.State.Running}}')) === 'true') found.push(name);
    return found;
  };

  const units = (state: 'pid' | 'enabled') =>
    readdirSync(unitsFolder).flatMap((name) => new RegExp(`^(.*)\\.${state}$`).exec(name)?.[1] ?? []);
  const stopUnits = async () => {
    for (const unit of units('pid')) await run(systemctl, ['stop', unit], 60);
  };

  const clear = async () => {
    for (const name of containerNames(dockerFolder)) await run(docker, ['rm', '--force', name], 60);
    await stopUnits();
  };
  let installing: NodeJS.Timeout | undefined;

  return {
    hooksFolder,
    linkFolder,
    assume(role) {
      Object.assign(env, role);
    },
    run(script, { timeoutSeconds, signal }) {
      commands += 1;
      const file = join(folder, 'commands', `${commands}.sh`);
      writeFileSync(file, script, { mode: 0o700 });
      // The agent hands the file to sh, which is bash on Amazon Linux; a script's own first line comes before that.
      return script.startsWith('#!')
        ? run(file, [], timeoutSeconds, signal)
        : run('bash', [file], timeoutSeconds, signal);
    },
    async shutdown() {
      ranBefore = new Set(await running());
      for (const name of ranBefore)
        await run(docker, ['stop', '--time', String(SHUTDOWN_GRACE_SECONDS), name], 60);
      await stopUnits();
    },
    async crash() {
      for (const name of await running()) await run(docker, ['kill', name], 60);
    },
    async boot() {
      for (const name of containerNames(dockerFolder)) {
        const known = await inspect(name, '{{.HostConfig.RestartPolicy.Name}} {{.State.StartedAt}}');
        if (startsAtBoot(known, ranBefore.has(name))) await run(docker, ['start', name], 60);
      }
      for (const unit of units('enabled')) await run(systemctl, ['start', unit], 60);
    },
    async containerLines() {
      const texts: string[] = [];
      for (const name of containerNames(dockerFolder)) {
        // What the command kept of containers that are gone, then what the present one says.
        const kept = join(dockerFolder, `${name}.removed.log`);
        if (existsSync(kept)) texts.push(readFileSync(kept, 'utf8'));
        const { exitCode, stdout } = await run(docker, ['logs', name], 60);
        if (exitCode === 0) texts.push(stdout);
      }
      return texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
    },
    async replace() {
      await clear();
      for (const one of [...disk, linkFolder]) rmSync(one, { recursive: true, force: true });
      format();
      installing = setTimeout(installPackages, INSTALLING_MS);
    },
    async stop() {
      clearTimeout(installing);
      await clear();
      commandServer.close();
      rmSync(sockets, { recursive: true, force: true });
    },
  };
}

const besides = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A script that starts a program as a part is started, with what it needs to run at all. */
function starting(program: Program): string {
  const { command, args } = invocation(program, []);
  const variables = Object.entries(program.env).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return ['#!/bin/sh', ...variables, `exec ${[command, ...args].map(quoted).join(' ')} "$@"`, ''].join('\n');
}

/**
 * What Docker does when its daemon comes up. It starts nothing that was only created, whatever the policy.
 * @param known the container's restart policy and the moment it was last started
 * @param ranBefore whether it ran when the host was shut down
 */
function startsAtBoot(known: string, ranBefore: boolean): boolean {
  const [policy, startedAt = NEVER] = known.split(' ');
  if (startedAt.startsWith(NEVER)) return false;
  return policy === 'always' || (policy === 'unless-stopped' && ranBefore);
}

/** The docker command adds a line to this file for each container that it creates. */
function containerNames(dockerFolder: string): string[] {
  const file = join(dockerFolder, 'names');
  return existsSync(file)
    ? [...new Set(readFileSync(file, 'utf8').split('\n'))].filter((name) => name !== '')
    : [];
}

interface RunOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
}

async function runProcess(program: string, args: string[], options: RunOptions): Promise<HostRun> {
  const { cwd, env, timeoutSeconds, signal } = options;
  // A group of its own, so that a time limit ends the script together with all it started.
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child);
  }, timeoutSeconds * 1000);
  const onAbort = () => killGroup(child);
  signal?.addEventListener('abort', onAbort);
  try {
    // `exit`, not `close`: a container that holds on to the pipe must not hold up its command.
    const [code] = (await once(child, 'exit')) as [number | null];
    await Promise.race([once(child, 'close'), new Promise((resolve) => setImmediate(resolve))]);
    return { exitCode: code ?? 137, ...output, timedOut };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // It ended in this very moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
