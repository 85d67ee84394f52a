import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Docker } from '../kit/docker.ts';
import { Happened } from '../kit/event-log.ts';

/** Something that Docker says of a container. Times are Unix milliseconds. */
export interface ContainerEvent {
  readonly at: number;
  readonly service: string;
  readonly what: 'start' | 'die' | 'healthy' | 'unhealthy';
}

/** All that Docker says of the containers of a project. */
export interface ContainerEvents {
  readonly happened: Happened<ContainerEvent>;
  stop(): Promise<void>;
}

/** @param onEvent told each, as it comes */
export function followEvents(
  docker: Docker,
  project: string,
  onEvent: (event: ContainerEvent) => void,
): ContainerEvents {
  const happened = new Happened<ContainerEvent>();
  const stop = followLines(
    docker,
    [
      'events',
      // From now on, whenever the command has reached the daemon.
      ...['--since', String(Math.floor(Date.now() / 1000)), '--format', '{{json .}}'],
      ...['type=container', `label=com.docker.compose.project=${project}`].flatMap((one) => [
        '--filter',
        one,
      ]),
      ...['start', 'die', 'health_status'].flatMap((one) => ['--filter', `event=${one}`]),
    ],
    (line) => {
      const event = readEvent(line);
      if (!event) return;
      onEvent(event);
      happened.add(event);
    },
  );
  return { happened, stop };
}

/** Reads a line of `docker events --format '{{json .}}'`; undefined for what is of no interest. */
export function readEvent(line: string): ContainerEvent | undefined {
  const { Action, Actor, timeNano } = JSON.parse(line) as {
    Action: string;
    Actor: { Attributes: Record<string, string> };
    timeNano: number;
  };
  const what = Action.replace('health_status: ', '');
  const service = Actor.Attributes['com.docker.compose.service'];
  if (service === undefined || !isOfInterest(what)) return undefined;
  return { at: Math.round(timeNano / 1e6), service, what };
}

const isOfInterest = (what: string): what is ContainerEvent['what'] =>
  ['start', 'die', 'healthy', 'unhealthy'].includes(what);

/** Runs a docker command that goes on and on, and tells what it prints. @returns ends it */
export function followLines(
  docker: Docker,
  args: readonly string[],
  onLine: (line: string) => void,
): () => Promise<void> {
  const child = spawn(docker.command, [...args], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const ended = once(child, 'close');
  createInterface({ input: child.stdout }).on('line', onLine);
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}
