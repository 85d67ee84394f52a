import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mayPull } from './registry.ts';
import { CommandFailed, type ServedCommand } from './served-commands.ts';
import { bytes, pairs, parse } from './standin-arguments.ts';
import { type Container, end, isRunning, portIsFree } from './standin-container.ts';
import { imageId, imageNamed, repoDigests, type StandinImages } from './standin-images.ts';
import { filledIn } from './standin-template.ts';

/** Limits are accepted: a plain process has none. That of memory and the restart policy are remembered for who asks. */
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
  '--volume',
  '--user',
  '-u',
  '--hostname',
  '-h',
  '--network',
];

/** What the stand-in needs of its host. */
export interface DockerSurroundings {
  /** Keeps what the containers write, and their names. */
  readonly folder: string;
  readonly images: StandinImages;
  /** The host's variables at the time of a call: with what its role gives it, images are pulled. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The host's `docker` command where no Docker daemon is reachable: runs a container's program as a plain process.
 * It implements what lib/host/standby.sh uses and refuses everything else. Docker starts a container that has died
 * by itself; here it stays dead until somebody starts it.
 */
export function dockerStandin({ folder, images, env }: DockerSurroundings): ServedCommand {
  const containers = new Map<string, Container>();
  const logOf = ({ Name }: Container) => join(folder, `${Name}.log`);

  const named = (name = ''): Container => {
    const container = containers.get(name);
    if (container) return container;
    throw new CommandFailed(`Error: No such container: ${name}`);
  };

  const create = (args: readonly string[]): string => {
    const { all, last, rest } = parse(args, CREATE_OPTIONS, ['--read-only', '--init']);
    const [image = '', ...command] = rest;
    const Image = imageId(imageNamed(images, image));
    if (command.length > 0)
      throw new CommandFailed(
        `docker create: the drill's stand-in takes no command, got ${command.join(' ')}`,
        125,
      );
    const Name = last('--name');
    if (Name === undefined) throw new CommandFailed('docker create: the stand-in needs --name');
    if (containers.has(Name))
      throw new CommandFailed(`Conflict. The container name "/${Name}" is already in use`);
    const fileLines = all('--env-file').flatMap((file) => readFileSync(file, 'utf8').split('\n'));
    const lines = [
      ...fileLines.filter((line) => line !== '' && !line.startsWith('#')),
      ...all('--env', '-e'),
    ];
    const container: Container = {
      Id: randomBytes(32).toString('hex'),
      Name,
      Image,
      Config: { Image: image, Labels: pairs(all('--label', '-l')), Env: pairs(lines) },
      HostConfig: {
        RestartPolicy: { Name: last('--restart') ?? 'no' },
        Memory: bytes(last('--memory', '-m')),
      },
      HostPort: last('--publish', '-p')?.split(':').at(-2),
      StopTimeout: Number(last('--stop-timeout') ?? 10),
      StartedAt: '0001-01-01T00:00:00Z',
      process: undefined,
      isPaused: false,
    };
    containers.set(Name, container);
    appendFileSync(join(folder, 'names'), `${Name}\n`);
    return `${container.Id}\n`;
  };

  const begin = async (container: Container): Promise<void> => {
    await portIsFree(container);
    const image = imageNamed(images, container.Image);
    const [program = '', ...args] = image.command;
    const log = openSync(logOf(container), 'a');
    const child = spawn(program, args, {
      cwd: image.folder ?? folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        PATH: `${dirname(process.execPath)}:${env.PATH ?? ''}`,
        HOSTNAME: container.Id.slice(0, 12),
        ...image.environment,
        ...container.Config.Env,
        ...(container.HostPort === undefined ? {} : { [image.portVariable ?? 'PORT']: container.HostPort }),
      },
    });
    closeSync(log);
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw new CommandFailed(`docker start: ${program} could not be started: ${(error as Error).message}`);
    }
    child.unref();
    container.process = child;
    container.isPaused = false;
    container.StartedAt = new Date().toISOString();
  };

  const start = async (args: readonly string[]): Promise<string> => {
    const container = named(parse(args, []).rest[0]);
    if (!isRunning(container)) await begin(container);
    return `${container.Name}\n`;
  };

  const stopIn = async (args: readonly string[]): Promise<Container> => {
    const { last, rest } = parse(args, ['--time', '--timeout', '-t']);
    const container = named(rest[0]);
    if (container.isPaused)
      throw new CommandFailed(
        `Error response from daemon: Container ${container.Id} is paused. Unpause the container before stopping or killing`,
      );
    await end(container, Number(last('--time', '--timeout', '-t') ?? container.StopTimeout));
    return container;
  };

  const stop = async (args: readonly string[]) => `${(await stopIn(args)).Name}\n`;

  const restart = async (args: readonly string[]): Promise<string> => {
    const container = await stopIn(args);
    await begin(container);
    return `${container.Name}\n`;
  };

  /** Its group, as the freezer takes all processes of a container. */
  const setPaused = (isPaused: boolean) => (args: readonly string[]) => {
    const container = named(parse(args, []).rest[0]);
    if (!isRunning(container) || container.isPaused === isPaused)
      throw new CommandFailed(
        `Error response from daemon: Container ${container.Id} is ${isPaused ? 'already paused or not running' : 'not paused'}`,
      );
    process.kill(-(container.process?.pid ?? 0), isPaused ? 'SIGSTOP' : 'SIGCONT');
    container.isPaused = isPaused;
    return `${container.Name}\n`;
  };

  const kill = async (args: readonly string[]): Promise<string> => {
    const container = named(parse(args, []).rest[0]);
    if (!isRunning(container))
      throw new CommandFailed(`cannot kill container: ${container.Name}: container is not running`);
    await end(container, 0);
    return `${container.Name}\n`;
  };

  const remove = async (args: readonly string[]): Promise<string> => {
    const { all, rest } = parse(args, [], ['--force', '-f']);
    const container = named(rest[0]);
    if (isRunning(container) && all('--force', '-f').length === 0)
      throw new CommandFailed(`cannot remove container "/${container.Name}": container is running`);
    await end(container, 0);
    const log = logOf(container);
    if (existsSync(log)) {
      // The drill counts executions in the logs, so they outlive the container.
      appendFileSync(join(folder, `${container.Name}.removed.log`), readFileSync(log));
      rmSync(log);
    }
    containers.delete(container.Name);
    return `${container.Name}\n`;
  };

  const inspectContainer = (args: readonly string[]): string => {
    const { last, rest } = parse(args, ['--format', '-f']);
    const { process: child, StartedAt, isPaused, ...container } = named(rest[0]);
    const Running = isRunning({ process: child });
    const Status = Running ? (isPaused ? 'paused' : 'running') : 'exited';
    const State = { Running, Status, StartedAt, Pid: child?.pid ?? 0 };
    return filledIn({ ...container, State }, last('--format', '-f'));
  };

  const inspectImage = (args: readonly string[]): string => {
    const { last, rest } = parse(args, ['--format', '-f']);
    const image = imageNamed(images, rest[0] ?? '');
    return filledIn({ Id: imageId(image), RepoDigests: repoDigests(images, image) }, last('--format', '-f'));
  };

  const removeImage = (args: readonly string[]): string => {
    const [name = ''] = args;
    const image = imageNamed(images, name);
    const user = [...containers.values()].find((container) => container.Image === imageId(image));
    if (user)
      throw new CommandFailed(
        `Error response from daemon: conflict: unable to delete ${name} - container ${user.Name} is using it`,
      );
    return `Deleted: ${imageId(image)}\n`;
  };

  const logs = (args: readonly string[]): string => {
    const { last, rest } = parse(args, ['--tail', '-n']);
    const log = logOf(named(rest[0]));
    if (!existsSync(log)) return '';
    const text = readFileSync(log, 'utf8');
    const tail = last('--tail', '-n') ?? 'all';
    if (tail === 'all') return text;
    return `${text.replace(/\n$/, '').split('\n').slice(-Number(tail)).join('\n')}\n`;
  };

  const pull = async (args: readonly string[]): Promise<string> => {
    const [name = ''] = parse(args, [], ['--quiet', '-q']).rest;
    imageNamed(images, name);
    await mayPull(name, env);
    return `${name}\n`;
  };

  const known: Record<string, (args: readonly string[]) => string | Promise<string>> = {
    create,
    start,
    stop,
    restart,
    pause: setPaused(true),
    unpause: setPaused(false),
    kill,
    rm: remove,
    logs,
    pull,
    inspect: inspectContainer,
    'container inspect': inspectContainer,
    'image inspect': inspectImage,
    'image rm': removeImage,
  };
  return async (args) => {
    const [first = '', second = ''] = args;
    const one = known[first];
    if (one) return one(args.slice(1));
    const two = known[`${first} ${second}`];
    if (two) return two(args.slice(2));
    throw new CommandFailed(
      `docker: the drill's stand-in does not know "${args.join(' ')}"; add it to drill/host/docker-standin.ts`,
      125,
    );
  };
}
