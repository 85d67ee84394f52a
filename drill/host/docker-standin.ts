/**
 * The host's `docker` command where no Docker daemon is reachable: runs a container's program as a plain
 * process. It implements what lib/host/standby.sh uses and refuses everything else. Each call is a process
 * of its own, so all state is in files below DRILL_DOCKER_DIR. Nobody watches the processes: Docker starts a
 * container that has died by itself, here it stays dead until somebody starts it.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isFree } from '../parts/free-port.ts';
import { mayPull } from './registry.ts';
import { pairs, parse } from './standin-arguments.ts';
import {
  type Container,
  fail,
  fileOf,
  folder,
  imageId,
  imageNamed,
  isRunning,
  load,
  logOf,
  repoDigests,
  save,
  startTicks,
} from './standin-store.ts';

/** Limits are accepted: a plain process has none. The restart policy is remembered for who asks. */
const CREATE_OPTIONS = [
  '--name',
  '--publish',
  '-p',
  '--env',
  '-e',
  '--env-file',
  '--label',
  '-l',
  '--stop-timeout',
  '--restart',
  '--log-opt',
  '--log-driver',
  '--memory',
  '-m',
  '--cpus',
  '--pids-limit',
  '--ulimit',
  '--cap-drop',
  '--security-opt',
  '--tmpfs',
  '--user',
  '-u',
  '--hostname',
  '-h',
  '--network',
];

/** A process that has ended lets go of its port when the last of its threads has. */
const PORT_GRACE_MS = 1000;

function create(args: string[]): void {
  const { all, last, rest } = parse(args, CREATE_OPTIONS, ['--read-only', '--init']);
  const [image = '', ...command] = rest;
  const id = imageId(imageNamed(image));
  if (command.length > 0)
    fail(`docker create: the drill's stand-in takes no command, got ${command.join(' ')}`, 125);
  const name = last('--name') ?? fail('docker create: the stand-in needs --name');
  if (existsSync(fileOf(name))) fail(`Conflict. The container name "/${name}" is already in use`);
  const fileLines = all('--env-file').flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  const lines = [...fileLines.filter((line) => line !== '' && !line.startsWith('#')), ...all('--env', '-e')];
  const container: Container = {
    Id: randomBytes(32).toString('hex'),
    Name: name,
    Image: id,
    Config: { Image: image, Labels: pairs(all('--label', '-l')), Env: pairs(lines) },
    HostConfig: { RestartPolicy: { Name: last('--restart') ?? 'no' } },
    StartedAt: '0001-01-01T00:00:00Z',
    HostPort: last('--publish', '-p')?.split(':').at(-2),
    StopTimeout: Number(last('--stop-timeout') ?? 10),
    Pid: undefined,
    StartTicks: undefined,
  };
  save(container);
  appendFileSync(join(folder, 'names'), `${name}\n`);
  process.stdout.write(`${container.Id}\n`);
}

async function start(args: string[]): Promise<void> {
  const container = load(parse(args, []).rest[0] ?? '');
  if (!isRunning(container)) await begin(container);
  process.stdout.write(`${container.Name}\n`);
}

async function begin(container: Container): Promise<void> {
  await portIsFree(container);
  const image = imageNamed(container.Image);
  const [program = '', ...programArgs] = image.command;
  const log = openSync(logOf(container.Name), 'a');
  const child = spawn(program, programArgs, {
    cwd: image.folder ?? folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      HOSTNAME: container.Id.slice(0, 12),
      ...image.environment,
      ...container.Config.Env,
      ...(container.HostPort === undefined ? {} : { [image.portVariable ?? 'PORT']: container.HostPort }),
    },
  });
  child.unref();
  if (child.pid === undefined) fail(`docker start: ${program} could not be started`);
  const StartedAt = new Date().toISOString();
  save({ ...container, StartedAt, Pid: child.pid, StartTicks: startTicks(child.pid) });
}

/** As docker, refuses to start what could not listen: somebody else's answers must not pass for the container's. */
async function portIsFree({ Name, HostPort }: Container): Promise<void> {
  if (HostPort === undefined) return;
  const deadline = Date.now() + PORT_GRACE_MS;
  while (!(await isFree(Number(HostPort)))) {
    if (Date.now() >= deadline)
      fail(
        `Error response from daemon: failed to set up container networking on endpoint ${Name}: Bind for 127.0.0.1:${HostPort} failed: port is already allocated`,
      );
    await pause(20);
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function end(container: Container, graceSeconds: number): Promise<void> {
  if (container.Pid === undefined || !isRunning(container)) return;
  process.kill(container.Pid, 'SIGTERM');
  const deadline = Date.now() + graceSeconds * 1000;
  // It is no child of this process, so nothing announces its end.
  while (isRunning(container) && Date.now() < deadline) await pause(20);
  await endNow(container);
}

async function endNow(container: Container): Promise<void> {
  if (container.Pid === undefined || !isRunning(container)) return;
  process.kill(container.Pid, 'SIGKILL');
  while (isRunning(container)) await pause(20);
}

async function stop(args: string[]): Promise<void> {
  const { last, rest } = parse(args, ['--time', '--timeout', '-t']);
  const container = load(rest[0] ?? '');
  await end(container, Number(last('--time', '--timeout', '-t') ?? container.StopTimeout));
  process.stdout.write(`${container.Name}\n`);
}

async function restart(args: string[]): Promise<void> {
  const { last, rest } = parse(args, ['--time', '--timeout', '-t']);
  const container = load(rest[0] ?? '');
  await end(container, Number(last('--time', '--timeout', '-t') ?? container.StopTimeout));
  await begin(container);
  process.stdout.write(`${container.Name}\n`);
}

async function kill(args: string[]): Promise<void> {
  const container = load(parse(args, []).rest[0] ?? '');
  if (!isRunning(container)) fail(`cannot kill container: ${container.Name}: container is not running`);
  await endNow(container);
  process.stdout.write(`${container.Name}\n`);
}

async function remove(args: string[]): Promise<void> {
  const { all, rest } = parse(args, [], ['--force', '-f']);
  const container = load(rest[0] ?? '');
  const forced = all('--force', '-f').length > 0;
  if (isRunning(container) && !forced)
    fail(`cannot remove container "/${container.Name}": container is running`);
  await endNow(container);
  if (existsSync(logOf(container.Name))) {
    // The drill counts executions in the logs, so they outlive the container.
    appendFileSync(join(folder, `${container.Name}.removed.log`), readFileSync(logOf(container.Name)));
    rmSync(logOf(container.Name));
  }
  rmSync(fileOf(container.Name));
  process.stdout.write(`${container.Name}\n`);
}

function inspectContainer(args: string[]): void {
  const { last, rest } = parse(args, ['--format', '-f']);
  const container = load(rest[0] ?? '');
  const running = isRunning(container);
  print(
    {
      ...container,
      State: {
        Running: running,
        Status: running ? 'running' : 'exited',
        StartedAt: container.StartedAt,
      },
    },
    last('--format', '-f'),
  );
}

function inspectImage(args: string[]): void {
  const { last, rest } = parse(args, ['--format', '-f']);
  const image = imageNamed(rest[0] ?? '');
  print({ Id: imageId(image), RepoDigests: repoDigests(image) }, last('--format', '-f'));
}

/** Fills in a Go template, as far as they are used: `.A.B`, `index .A.B "key"` and `json .A.B`. */
function print(value: object, format: string | undefined): void {
  const text = format?.replace(/\{\{\s*(.*?)\s*\}\}/g, (whole, expression: string) => {
    const [, verb, path = '', , word] =
      /^(?:(index|json) )?((?:\.\w+)+)( "([^"]*)")?$/.exec(expression) ?? [];
    if (path === '' || (verb === 'index') !== (word !== undefined))
      return fail(`docker inspect: the stand-in does not know the template ${whole}`, 125);
    const keys = [...path.slice(1).split('.'), ...(word === undefined ? [] : [word])];
    const found = keys.reduce<unknown>(
      (at, key) => (at as Record<string, unknown> | undefined)?.[key],
      value,
    );
    return verb === 'json' ? JSON.stringify(found ?? null) : String(found ?? '');
  });
  process.stdout.write(`${text ?? JSON.stringify([value], null, 2)}\n`);
}

function logs(args: string[]): void {
  const { last, rest } = parse(args, ['--tail', '-n']);
  const { Name } = load(rest[0] ?? '');
  if (!existsSync(logOf(Name))) return;
  const lines = readFileSync(logOf(Name), 'utf8').replace(/\n$/, '').split('\n');
  const tail = last('--tail', '-n');
  process.stdout.write(
    `${lines.slice(tail === undefined || tail === 'all' ? 0 : -Number(tail)).join('\n')}\n`,
  );
}

async function pull(args: string[]): Promise<void> {
  const [name = ''] = parse(args, [], ['--quiet', '-q']).rest;
  imageNamed(name);
  await mayPull(name).catch(({ message }: Error) => fail(`Error response from daemon: ${message}`));
}

const [command = '', ...args] = process.argv.slice(2);
const sub = args[0] === 'inspect' ? args.slice(1) : undefined;
if (command === 'create') create(args);
else if (command === 'start') await start(args);
else if (command === 'stop') await stop(args);
else if (command === 'restart') await restart(args);
else if (command === 'kill') await kill(args);
else if (command === 'rm') await remove(args);
else if (command === 'logs') logs(args);
else if (command === 'inspect') inspectContainer(args);
else if (command === 'container' && sub) inspectContainer(sub);
else if (command === 'image' && sub) inspectImage(sub);
else if (command === 'pull') await pull(args);
else
  fail(
    `docker: the drill's stand-in does not know "${[command, ...args].join(' ')}"; add it to drill/host/docker-standin.ts`,
    125,
  );
