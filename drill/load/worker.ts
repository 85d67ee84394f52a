/**
 * The load generator, in a process of its own so that a busy drill does not slow it down. Open loop: requests
 * leave on a fixed schedule, however slow the answers are. Forked by load.ts.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { Agent, type IncomingMessage, request as send } from 'node:http';
import type { RequestResult } from './account.ts';
import { createDigest, type Digest } from './digest.ts';
import type { LoadEvent, LoadSettings, ToLoad } from './messages.ts';

/** Of each ten requests: eight GET, one PUT, one POST. */
const MIX = ['GET', 'GET', 'GET', 'PUT', 'GET', 'GET', 'GET', 'POST', 'GET', 'GET'] as const;

/** So many clients, each with an address of its own: HAProxy bounds what one address may use. */
const CLIENTS = 20;

/** How often the schedule is looked at; a whole request interval is never late by more. */
const STEP_MS = 2;

// One process sends all requests of a drill, and its start tells the drills apart.
const run = `${Date.now().toString(36)}-${process.pid.toString(36)}`;

function tell(event: LoadEvent): void {
  process.send?.(event);
}

/** Sends one request and settles with its result; never rejects. */
function exchange(settings: LoadSettings, agent: Agent, number: number, due: number): Promise<RequestResult> {
  const requestId = `${run}-${number}`;
  const method = MIX[number % MIX.length] ?? 'GET';
  const body = method === 'GET' ? undefined : JSON.stringify({ number });
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (response: IncomingMessage | null, error: string | null) => {
      clearTimeout(timer);
      const servedBy = response?.headers['x-served-by'];
      const reason = response?.headers['x-failover-reason'];
      resolve({
        requestId,
        method,
        start: due,
        end: Date.now(),
        // An answer that broke off is no answer.
        status: error === null ? (response?.statusCode ?? null) : null,
        servedBy: typeof servedBy === 'string' ? servedBy : null,
        error,
        ...(typeof reason === 'string' && { reason }),
      });
    };
    const headers = {
      'x-request-id': requestId,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const request = send(
      settings.url,
      { agent, method, headers, ...from(settings.url, number) },
      (response) => {
        response.on('error', (error: NodeJS.ErrnoException) => settle(response, error.code ?? error.message));
        response.on('end', () => settle(response, null));
        response.resume();
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => settle(null, error.code ?? error.message));
    timer = setTimeout(() => {
      settle(null, 'ETIMEDOUT');
      request.destroy();
    }, settings.timeoutSeconds * 1000);
    request.end(body);
  });
}

/** All of 127.0.0.0/8 is this machine. */
function from(url: string, number: number) {
  return new URL(url).hostname === '127.0.0.1' ? { localAddress: `127.0.1.${1 + (number % CLIENTS)}` } : {};
}

class Generator {
  readonly #settings: LoadSettings;
  readonly #agent: Agent;
  readonly #file: WriteStream;
  readonly #digest: Digest;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #startedAt = Date.now();
  #sent = 0;

  constructor(settings: LoadSettings) {
    this.#settings = settings;
    // Parked requests hold a connection each: 30 seconds of them must fit.
    const sockets = Math.max(256, Math.ceil(settings.requestsPerSecond * settings.timeoutSeconds));
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: sockets,
      maxFreeSockets: 256,
      scheduling: 'fifo',
    });
    this.#file = createWriteStream(settings.resultsFile);
    this.#digest = createDigest(tell);
    tell({ type: 'started', at: this.#startedAt });
    this.#timers.push(setInterval(() => this.#sendDue(), STEP_MS));
    this.#timers.push(setInterval(() => this.#digest.tick(Date.now()), 1000));
  }

  /** Sends all requests whose time has come; after a stall of this process, several at once. */
  #sendDue(): void {
    const now = Date.now();
    const interval = 1000 / this.#settings.requestsPerSecond;
    for (let due = this.#dueTime(interval); due <= now; due = this.#dueTime(interval)) {
      const number = this.#sent++;
      this.#digest.sent(now - due);
      const task: Promise<void> = exchange(this.#settings, this.#agent, number, due).then((result) => {
        this.#file.write(`${JSON.stringify(result)}\n`);
        this.#digest.ended(result);
        this.#inFlight.delete(task);
      });
      this.#inFlight.add(task);
    }
  }

  #dueTime(interval: number): number {
    return this.#startedAt + this.#sent * interval;
  }

  async finish(): Promise<void> {
    clearInterval(this.#timers.shift());
    await Promise.all(this.#inFlight);
    clearInterval(this.#timers.shift());
    this.#digest.tick(Date.now());
    this.#agent.destroy();
    await new Promise<void>((resolve) => this.#file.end(resolve));
    tell({ type: 'finished', at: Date.now(), sent: this.#sent });
    process.disconnect();
  }
}

let generator: Generator | undefined;
process.on('message', (message: ToLoad) => {
  if (message.type === 'start') generator = new Generator(message.settings);
  else void generator?.finish();
});
// Ctrl-C reaches the whole process group; the drill decides when the load ends.
process.on('SIGINT', () => {});
// Without a parent nobody reads the results.
process.once('disconnect', () => process.exit(0));
