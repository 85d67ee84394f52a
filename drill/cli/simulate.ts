/**
 * Takes the primary down or brings it back: `node drill/cli/simulate.ts down|up`. Works on a held drill
 * (`npm start -- --hold`), or else on the site that docker compose runs.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DrillError, messageOf } from '../kit/errors.ts';
import { type ControlFile, findHeldDrill } from './control.ts';
import { controlFile } from './held-files.ts';

type Action = 'down' | 'up';

const COMPOSE_FILE = fileURLToPath(new URL('../../onprem/compose.yaml', import.meta.url));
const COMPOSE_ACTIONS: Readonly<Record<Action, string>> = { down: 'kill', up: 'start' };

async function simulate(given: readonly string[]): Promise<string> {
  const [action, ...others] = given;
  if ((action !== 'down' && action !== 'up') || others.length > 0) {
    throw new DrillError(
      `received ${JSON.stringify(given.join(' '))}, expected down or up: npm run simulate:down, npm run simulate:up`,
    );
  }
  const drill = findHeldDrill(controlFile());
  if (drill) return onDrill(drill, action);
  if (composeRuns()) return onCompose(action);
  throw new DrillError(
    'nothing to act on: no drill is held, and docker compose runs no site; start one with "npm start -- --hold" or "docker compose -f onprem/compose.yaml up"',
  );
}

async function onDrill({ url, token }: ControlFile, action: Action): Promise<string> {
  const response = await fetch(`${url}/primary/${action}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  }).catch((error: unknown) => {
    throw new DrillError(
      `the held drill at ${url} does not answer: ${messageOf(error)}; end it with Ctrl-C and start it again`,
    );
  });
  const body = (await response.json()) as { error?: string };
  if (!response.ok) throw new DrillError(`the held drill refused: ${body.error ?? response.status}`);
  return `the primary of the held drill is ${action}`;
}

/** The site counts as running even if its API is down: that is what `up` is for. */
function composeRuns(): boolean {
  const { status, stdout } = compose('ps', '--all', '--quiet', 'api');
  return status === 0 && stdout.trim() !== '';
}

function onCompose(action: Action): string {
  const { status, stderr } = compose(COMPOSE_ACTIONS[action], 'api');
  if (status !== 0)
    throw new DrillError(`docker compose ${COMPOSE_ACTIONS[action]} api failed: ${stderr.trim()}`);
  return `the primary of the compose site is ${action}`;
}

function compose(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync('docker', ['compose', '-f', COMPOSE_FILE, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' };
}

try {
  console.log(await simulate(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof DrillError)) throw error;
  console.error(`simulate: ${error.message}`);
  process.exitCode = 1;
}
