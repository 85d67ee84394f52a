import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Docker } from '../kit/docker.ts';
import { messageOf } from '../kit/errors.ts';
import type { Check } from '../verify/check.ts';

const run = promisify(execFile);

/** What the application must not reach, by service: the ports on which it would be believed, or learn things. */
const forbidden: Readonly<Record<string, readonly number[]>> = {
  alertmanager: [9093],
  prometheus: [9090],
  haproxy: [8404, 8405],
  blackbox: [9115],
};

/** A try to connect, and what came of it: `open`, or why not. */
export interface Attempt {
  readonly host: string;
  readonly port: number;
  readonly outcome: string;
}

/** Longest wait for an answer to a connect, in milliseconds; what drops packets never answers. */
const CONNECT_MILLISECONDS = 2000;

/** Runs in the API's container, which has no shell: tries all at once and prints what came of it as JSON. */
const tries = `
const [milliseconds, targets] = JSON.parse(process.argv[1]);
const attempt = ({ host, port }) => new Promise((resolve) => {
  const socket = require('node:net').connect({ host, port, timeout: milliseconds });
  const end = (outcome) => { socket.destroy(); resolve({ host, port, outcome }); };
  socket.on('connect', () => end('open')).on('timeout', () => end('no answer')).on('error', (e) => end(e.code));
});
Promise.all(targets.map(attempt)).then((all) => console.log(JSON.stringify(all)));
`;

/**
 * Tries to connect, from the API's container, to what the application must not reach: by name, and by each address
 * that a container has, for an attacker need not know names.
 * @param containers ids by service
 */
export async function checkIsolation(
  docker: Docker,
  containers: ReadonlyMap<string, string>,
): Promise<Check> {
  const targets = await Promise.all(
    Object.entries(forbidden).map(async ([service, ports]) => {
      const hosts = [
        service,
        `${service}-inside`,
        ...(await addressesOf(docker, containers.get(service) ?? '')),
      ];
      return hosts.flatMap((host) => ports.map((port) => ({ host, port })));
    }),
  );
  // What it may reach shows that the tries can succeed at all.
  const all = [{ host: 'haproxy', port: 8080 }, ...targets.flat()];
  const argument = JSON.stringify([CONNECT_MILLISECONDS, all]);
  const { stdout } = await run(docker.command, [
    'exec',
    containers.get('api') ?? '',
    ...['node', '--eval', tries, argument],
  ]);
  return judge(JSON.parse(stdout) as Attempt[]);
}

/** @param attempts first the one that must succeed, then those that must not */
export function judge([allowed, ...others]: readonly Attempt[]): Check {
  const open = others.filter(({ outcome }) => outcome === 'open').map(({ host, port }) => `${host}:${port}`);
  const canConnect = allowed?.outcome === 'open';
  const observed = !canConnect
    ? `no try can succeed: the service itself is "${allowed?.outcome}"`
    : open.length > 0
      ? `it reaches ${open.join(', ')}`
      : `refused or unknown at ${others.length} of ${others.length} addresses`;
  return {
    name: 'the application reaches neither the monitoring nor what HAProxy shows of itself',
    held: canConnect && others.length > 0 && open.length === 0,
    observed,
  };
}

async function addressesOf(docker: Docker, id: string): Promise<string[]> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  const { stdout } = await run(docker.command, ['container', 'inspect', '--format', format, id]);
  return stdout.trim().split(/\s+/);
}

/** Whether an operator on this machine reaches the pages that the application must not. @param pages their URLs */
export async function checkPages(pages: readonly string[]): Promise<Check> {
  const problems = await Promise.all(
    pages.map(async (page) => {
      try {
        const { status } = await fetch(page);
        return status === 200 ? [] : [`${page} answers ${status}`];
      } catch (error) {
        return [`${page} cannot be reached (${messageOf(error)})`];
      }
    }),
  );
  return {
    name: 'an operator on this machine reaches the pages of HAProxy, Prometheus and Alertmanager',
    held: pages.length > 0 && problems.flat().length === 0,
    observed: problems.flat().join(', ') || `${pages.length} of ${pages.length}`,
  };
}
