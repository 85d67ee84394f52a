import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Docker } from '../kit/docker.ts';
import type { Supervised } from '../kit/processes.ts';
import type { ContainerEvents } from './events.ts';

const run = promisify(execFile);

/** Longer than Docker takes to end a container that it was told to. */
const END_SECONDS = 30;

/** One life of a service's container, to be treated like any program of the drill. */
export async function containerLife(
  docker: Docker,
  { happened }: Pick<ContainerEvents, 'happened'>,
  service: string,
  id: string,
): Promise<Supervised> {
  const since = Date.now();
  const { stdout } = await run(docker.command, ['inspect', '--format', '{{.State.Pid}}', id]);
  let told: Promise<unknown> = Promise.resolve();
  const tell = (...args: string[]) => {
    told = run(docker.command, [...args, id]);
    // Whoever waits for the end hears of it.
    told.catch(() => {});
    return told;
  };
  const ended = () =>
    happened.first(
      `the container of ${service} ends`,
      (one) => one.service === service && one.what === 'die',
      {
        since,
        seconds: END_SECONDS,
      },
    );
  return {
    name: service,
    pid: Number(stdout),
    get exited() {
      return told.then(ended).then(() => ({ code: null, signal: null }));
    },
    isRunning: () =>
      !happened.all.some((one) => one.at >= since && one.service === service && one.what === 'die'),
    signal: (signal) => void tell('kill', '--signal', signal),
    async stop() {
      await tell('stop');
    },
  };
}
