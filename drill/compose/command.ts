import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { capture } from '../kit/capture.ts';
import { DrillError, messageOf } from '../kit/errors.ts';

const exec = promisify(execFile);

/** A Compose that is on this machine. */
export interface Compose {
  readonly command: string;
  /** What comes before Compose's own arguments. */
  readonly args: readonly string[];
  readonly version: string;
}

/** Both ways in which Compose is installed, the present one first. */
const candidates = [
  { command: 'docker', args: ['compose'] },
  { command: 'docker-compose', args: [] },
] as const;

/** @throws DrillError if there is none */
export async function findCompose(): Promise<Compose> {
  for (const candidate of candidates) {
    const said = await capture(candidate.command, [...candidate.args, 'version', '--short']);
    const version = said.stdout.trim();
    if (said.ok && /^v?\d/.test(version)) return { ...candidate, version };
  }
  throw new DrillError(
    'neither "docker compose" nor "docker-compose" can be run; install one: on Debian apt-get install docker-compose',
  );
}

/** One project of Compose, such as a site. */
export interface Project {
  readonly name: string;
  /**
   * Runs a command of Compose to its end. One at a time, in the order of the calls: a `down` must not
   * overtake an `up`.
   * @returns what it printed
   * @throws DrillError with its last lines
   */
  run(...args: readonly string[]): Promise<string>;
}

/** @param place name: of the project; composeFile and envFile: paths */
export function createProject(
  { command, args: first }: Compose,
  place: { name: string; composeFile: string; envFile: string },
): Project {
  const { name, composeFile, envFile } = place;
  const all = [...first, '--project-name', name, '--file', composeFile, '--env-file', envFile];
  let last: Promise<unknown> = Promise.resolve();
  return {
    name,
    run(...args) {
      const next = last.then(() => runOnce(command, [...all, ...args]));
      last = next.catch(() => {});
      return next;
    },
  };
}

/** The user's own variables would win over those of the site, so Compose sees only what it needs to reach Docker. */
const passed = /^(PATH|HOME|TMPDIR|DOCKER_.*)$/;

async function runOnce(command: string, args: readonly string[]): Promise<string> {
  const own = Object.entries(process.env).filter(([name]) => passed.test(name));
  // The classic builder: the newer one needs a plug-in, and looks for its base images in a registry.
  const env = { ...Object.fromEntries(own), DOCKER_BUILDKIT: '0' };
  try {
    return (await exec(command, [...args], { env })).stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || messageOf(error);
    const what = args.slice(args.indexOf('--env-file') + 2).join(' ');
    throw new DrillError(`Compose failed at "${what}": ${said.split('\n').slice(-5).join('\n')}`);
  }
}
