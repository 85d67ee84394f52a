import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { messageOf } from '../kit/errors.ts';
import { close, listen } from '../kit/http.ts';

/** What can be broken by hand, and mended: each is `npm run simulate:ACTION`. */
export const actions = {
  down: 'kills the primary (SIGKILL)',
  up: 'starts it again',
  hang: 'freezes the primary (SIGSTOP): it accepts connections and answers nothing',
  resume: 'lets it go on',
  'prometheus-down': 'kills Prometheus: the site falls silent',
  'prometheus-up': 'starts it again',
} as const;

export type Action = keyof typeof actions;

export const isAction = (word: string | undefined): word is Action =>
  word !== undefined && Object.hasOwn(actions, word);

/** What can be done by hand to a held drill. */
export type Controls = Readonly<Record<Action, () => Promise<void>>> & {
  /** Whatever describes the drill now, as JSON. */
  readonly state: () => Promise<unknown>;
};

/** How `simulate` finds a held drill. */
export interface ControlFile {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

/** The control server of a held drill. */
export interface ControlServer extends ControlFile {
  stop(): Promise<void>;
}

/**
 * Starts the control server on a free loopback port and writes its address to a file that only this user
 * can read.
 */
export async function startControl(controls: Controls, file: string): Promise<ControlServer> {
  const token = randomBytes(24).toString('base64url');
  const served = new Map<string, () => Promise<unknown>>([
    ...(Object.keys(actions) as Action[]).map((name) => [`POST /${name}`, controls[name]] as const),
    ['GET /state', controls.state],
  ]);
  const server = createServer((request, response) => void serve(request, response, served, token));
  const port = await listen(server);
  const found: ControlFile = { url: `http://127.0.0.1:${port}`, token, pid: process.pid };
  mkdirSync(dirname(file), { recursive: true });
  // A file of an earlier drill would keep its own, perhaps wider, mode.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(found)}\n`, { mode: 0o600 });
  return {
    ...found,
    async stop() {
      rmSync(file, { force: true });
      await close(server);
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  served: ReadonlyMap<string, () => Promise<unknown>>,
  token: string,
): Promise<void> {
  const answer = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  const action = served.get(`${request.method} ${request.url}`);
  if (!isAuthorized(request.headers.authorization, token))
    answer(401, { error: 'the token of the control file is needed' });
  else if (!action) answer(404, { error: `no such control; there are ${[...served.keys()].join(', ')}` });
  else {
    try {
      answer(200, (await action()) ?? { done: true });
    } catch (error) {
      answer(409, { error: messageOf(error) });
    }
  }
}

function isAuthorized(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Finds a held drill; undefined if there is none. The file of a drill that was killed is removed. */
export function findHeldDrill(file: string): ControlFile | undefined {
  let found: ControlFile;
  try {
    found = JSON.parse(readFileSync(file, 'utf8')) as ControlFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (isAlive(found.pid)) return found;
  rmSync(file, { force: true });
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
