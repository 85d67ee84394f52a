/**
 * Breaks a part of the site, or mends it: `npm run simulate:down`, `simulate:up` and so on. Works on a held drill
 * (`npm start -- --hold`), or else on the site that docker compose runs.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DrillError, messageOf } from '../kit/errors.ts';
import { type Action, actions, type ControlFile, findHeldDrill, isAction } from './control.ts';
import { controlFile } from './held-files.ts';

const COMPOSE_FILE = fileURLToPath(new URL('../../onprem/compose.yaml', import.meta.url));
const COMPOSE_ACTIONS: Readonly<Record<Action, readonly [string, string]>> = {
  down: ['kill', 'api'],
  up: ['start', 'api'],
  hang: ['pause', 'api'],
  resume: ['unpause', 'api'],
  'prometheus-down': ['kill', 'prometheus'],
  'prometheus-up': ['start', 'prometheus'],
};

async function simulate(given: readonly string[]): Promise<string> {
  const [action, ...others] = given;
  if (!isAction(action) || others.length > 0) {
    const known = Object.keys(actions).map((name) => `npm run simulate:${name}`);
    throw new DrillError(`received ${JSON.stringify(given.join(' '))}, expected one of ${known.join(', ')}`);
  }
  const drill = findHeldDrill(controlFile());
  if (drill) return onDrill(drill, action);
  if (composeRuns()) return onCompose(action);
  throw new DrillError(
    'nothing to act on: no drill is held, and docker compose runs no site; start one with "npm start -- --hold" or "docker compose -f onprem/compose.yaml up"',
  );
}

async function onDrill({ url, token }: ControlFile, action: Action): Promise<string> {
  const response = await fetch(`${url}/${action}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  }).catch((error: unknown) => {
    throw new DrillError(
      `the held drill at ${url} does not answer: ${messageOf(error)}; end it with Ctrl-C and start it again`,
    );
  });
  const body = (await response.json()) as { error?: string };
  if (!response.ok) throw new DrillError(`the held drill refused: ${body.error ?? response.status}`);
  return `done on the held drill: ${action} (${actions[action]})`;
}

/** The site counts as running even if its API is down: that is what `up` is for. */
function composeRuns(): boolean {
  const { status, stdout } = compose('ps', '--all', '--quiet', 'api');
  return status === 0 && stdout.trim() !== '';
}

function onCompose(action: Action): string {
  const command = COMPOSE_ACTIONS[action];
  const { status, stderr } = compose(...command);
  if (status !== 0) throw new DrillError(`docker compose ${command.join(' ')} failed: ${stderr.trim()}`);
  return `done on the compose site: ${action} (docker compose ${command.join(' ')})`;
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
