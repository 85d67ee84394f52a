import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { isFree } from '../kit/tcp-ports.ts';
import { CommandFailed } from './served-commands.ts';

/** A process that has ended lets go of its port when the last of its threads has. */
const PORT_GRACE_MS = 1000;

/** A container; the members are named as `docker inspect` names them. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  /** The image's id; `Config.Image` is the name by which it was asked for. */
  readonly Image: string;
  readonly Config: { Image: string; Labels: Record<string, string>; Env: Record<string, string> };
  /** Memory in bytes; 0 for no limit. */
  readonly HostConfig: { RestartPolicy: { Name: string }; Memory: number };
  readonly HostPort: string | undefined;
  readonly StopTimeout: number;
  /** When it was last started; as docker, the year 1 for never. */
  StartedAt: string;
  process: ChildProcess | undefined;
  /** Stopped with its memory kept. */
  isPaused: boolean;
}

/** Whether its own process runs. */
export function isRunning({ process: child }: Pick<Container, 'process'>): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

/** SIGTERM, and SIGKILL after the grace, at once without one. Settles when the process is gone. */
export async function end(container: Container, graceSeconds: number): Promise<void> {
  const { process: child } = container;
  if (!child || !isRunning(container)) return;
  const gone = once(child, 'exit');
  child.kill(graceSeconds > 0 ? 'SIGTERM' : 'SIGKILL');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceSeconds * 1000);
  await gone;
  clearTimeout(timer);
}

/** As docker, refuses to start what could not listen: somebody else's answers must not pass for the container's. */
export async function portIsFree({ Name, HostPort }: Container): Promise<void> {
  if (HostPort === undefined) return;
  const deadline = Date.now() + PORT_GRACE_MS;
  while (!(await isFree(Number(HostPort)))) {
    if (Date.now() >= deadline)
      throw new CommandFailed(
        `Error response from daemon: failed to set up container networking on endpoint ${Name}: Bind for 127.0.0.1:${HostPort} failed: port is already allocated`,
      );
    await delay(20);
  }
}
