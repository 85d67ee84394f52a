import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { makeKeyPair } from '../../drill/kit/key-pair.ts';
import { isListening } from '../../drill/kit/processes.ts';
import { freePorts } from '../../drill/kit/tcp-ports.ts';
import { findParts } from '../../drill/parts/find.ts';
import { invocation, type Program } from '../../drill/parts/program.ts';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Lines that arrive over time, and a way to wait for the one that matters. */
export class Lines {
  readonly all: string[] = [];
  readonly #waiting: {
    matches: (line: string) => boolean;
    found: (line: string) => void;
    failed: (why: string) => void;
  }[] = [];

  add(line: string): void {
    this.all.push(line);
    for (const waiter of this.#waiting) if (waiter.matches(line)) waiter.found(line);
  }

  /** No line is to come any more: whoever waits for one waits in vain. */
  end(why: string): void {
    for (const waiter of this.#waiting) waiter.failed(why);
  }

  /** The first line that contains the text, already there or still to come. Rejects after 50 s. */
  async having(text: string, from = 0): Promise<string> {
    const matches = (line: string) => line.includes(text);
    const there = this.all.slice(from).find(matches);
    if (there !== undefined) return there;
    return new Promise((found, reject) => {
      const failed = (why: string) =>
        reject(new Error(`no line with ${JSON.stringify(text)}: ${why}; got:\n${this.all.join('\n')}`));
      const limit = setTimeout(() => failed('none within 50 s'), 50_000);
      this.#waiting.push({
        matches,
        failed,
        found: (line) => {
          clearTimeout(limit);
          found(line);
        },
      });
    });
  }
}

export type Api = { process: ChildProcess; port: number; journal: Lines; errors: Lines };

/** Starts the sample API on a loopback port and waits until it listens. Ends with the test. */
export async function startApi(env: Record<string, string> = {}): Promise<Api> {
  const child = spawn(process.execPath, [`${repository}onprem/api/server.ts`], {
    env: { ...process.env, BIND_ADDRESS: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const journal = new Lines();
  const errors = new Lines();
  eachLine(child.stdout, journal);
  eachLine(child.stderr, errors);
  const { port } = JSON.parse(await journal.having('"listening"')) as { port: number };
  return { process: child, port, journal, errors };
}

/** The request ids that an API has executed, in order. */
export function executed(api: Api): string[] {
  return api.journal.all
    .map((line) => JSON.parse(line) as { event: string; requestId: string })
    .filter(({ event }) => event === 'executed')
    .map(({ requestId }) => requestId);
}

export type HaproxyUnderTest = {
  process: ChildProcess;
  url: string;
  port: number;
  statsUrl: string;
  metricsUrl: string;
  /** Its syslog, and what it says on stderr. */
  log: Lines;
  /** Ends what lets HAProxy through to the standby, as a stop on the host does. */
  closeLink(): void;
};

/**
 * Starts real HAProxy with the shipped config, on free loopback ports, and waits until it has checked both
 * sites. Ends with the test.
 * @param sites ports of the primary and the standby, whether something listens there or not
 * @param env   variables of the site's environment that differ from the config's own values
 * @param answer what the host says on the line; without it, the site knows of no line
 */
export async function startHaproxy(
  haproxy: Program,
  sites: { primary: number; standby: number },
  env: Record<string, string> = {},
  answer?: LineAnswer,
): Promise<HaproxyUnderTest> {
  const [service = 0, stats, metrics, link = 0] = await freePorts(4);
  const log = new Lines();
  const stunnel = await startStunnel(link, sites.standby);
  const syslog = createSocket('udp4', (message) => log.add(String(message).trim()));
  syslog.bind(0, '127.0.0.1');
  await once(syslog, 'listening');
  const start = invocation(haproxy, ['-db', '-f', `${repository}onprem/haproxy/haproxy.cfg`], {
    SERVICE_BIND: `127.0.0.1:${service}`,
    STATS_BIND: `127.0.0.1:${stats}`,
    METRICS_BIND: `127.0.0.1:${metrics}`,
    PRIMARY_ADDRESS: `127.0.0.1:${sites.primary}`,
    STANDBY_ADDRESS: `127.0.0.1:${link}`,
    ...stunnel.variables,
    ...(answer && { STANDBY_LINE_ADDRESS: await startLine(stunnel, answer) }),
    HAPROXY_LOG: `127.0.0.1:${syslog.address().port}`,
    ...env,
  });
  const child = spawn(start.command, start.args, { env: start.env, stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGTERM');
    syslog.close();
  });
  eachLine(child.stderr, log);
  child.once('exit', (code) => log.end(`HAProxy has ended with ${code}`));
  await log.having('Health check for server service/primary');
  await log.having('server sites/standby');
  return {
    process: child,
    url: `http://127.0.0.1:${service}/`,
    port: service,
    statsUrl: `http://127.0.0.1:${stats}`,
    metricsUrl: `http://127.0.0.1:${metrics}/metrics`,
    log,
    closeLink: stunnel.end,
  };
}

/**
 * Starts what lets HAProxy through to the standby, as on the host. It is there even while the standby is not.
 * @returns the certificates of both sides, as HAProxy's variables, and what ends it
 */
async function startStunnel(link: number, standby: number) {
  const { stunnel } = await findParts(['stunnel']);
  const folder = mkdtempSync(join(tmpdir(), 'site-'));
  const [siteSide, standbySide] = await Promise.all([
    makeKeyPair('site', folder),
    makeKeyPair('standby', folder),
  ]);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const lines = [
    'foreground = yes',
    'pid =',
    'debug = warning',
    '[standby]',
    `accept = 127.0.0.1:${link}`,
    `connect = 127.0.0.1:${standby}`,
    `cert = ${file('standby.pem', standbySide.pem)}`,
    `CAfile = ${file('site.crt', siteSide.certificate)}`,
    'verifyPeer = yes',
  ];
  const start = invocation(stunnel, [file('stunnel.conf', lines.join('\n'))]);
  const child = spawn(start.command, start.args, { env: start.env, stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await isListening(link))) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    variables: {
      SITE_CERTIFICATE_FILE: file('site.pem', siteSide.pem),
      STANDBY_CERTIFICATE_FILE: file('standby.crt', standbySide.certificate),
    },
    end: () => void child.kill('SIGKILL'),
    siteSide,
    standbySide,
  };
}

/** Stands for the line of a host: what it answers to one line. */
export type LineAnswer = (words: string) => Promise<string> | string;

async function startLine(
  { siteSide, standbySide }: Awaited<ReturnType<typeof startStunnel>>,
  answer: LineAnswer,
): Promise<string> {
  const options = {
    key: standbySide.key,
    cert: standbySide.certificate,
    ca: siteSide.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  };
  const server = createServer(options, (socket) => {
    socket.on('error', () => {});
    socket.setEncoding('utf8').once('data', async (words: string) => {
      socket.end(`${await answer(words)}\n`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function eachLine(stream: NodeJS.ReadableStream, lines: Lines): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const parts = `${rest}${chunk}`.split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) lines.add(line);
  });
}
