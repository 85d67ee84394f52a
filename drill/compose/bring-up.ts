import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Docker } from '../kit/docker.ts';
import { DrillError, messageOf } from '../kit/errors.ts';
import type { Project } from './command.ts';
import type { ContainerEvents } from './events.ts';

const run = promisify(execFile);

/** The services of the compose file that nobody has to ask for. */
export const services = ['api', 'haproxy', 'prometheus', 'alertmanager', 'blackbox'] as const;

/** From `up` until everything is healthy, in seconds. */
const HEALTHY_SECONDS = 60;

/**
 * Brings up a project and waits until Docker finds everything in it healthy.
 * @returns container ids by service
 * @throws DrillError with what the containers said last
 */
export async function bringUp(
  docker: Docker,
  project: Project,
  { happened }: ContainerEvents,
): Promise<Map<string, string>> {
  try {
    await project.run('up', '--detach');
    await Promise.all(
      services.map((service) =>
        happened.first(`${service} is healthy`, (one) => one.service === service && one.what === 'healthy', {
          since: 0,
          seconds: HEALTHY_SECONDS,
        }),
      ),
    );
  } catch (error) {
    const said = await project.run('logs', '--no-color', '--tail', '5');
    throw new DrillError(`${messageOf(error)}\nThe containers said last:\n${said.trim()}`);
  }
  const format = '{{.Label "com.docker.compose.service"}} {{.ID}}';
  const ours = `label=com.docker.compose.project=${project.name}`;
  const { stdout } = await run(docker.command, ['ps', '--filter', ours, '--format', format]);
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
}
