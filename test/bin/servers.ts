import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Sighting } from '../../lambda/domain/evidence.ts';
import { HttpError, type HttpEvent } from '../../lambda/receiver/http.ts';
import { receive } from '../../lambda/receiver/receive.ts';
import { silentLog } from '../support/in-memory.ts';

/** Listens on a free loopback port until the test ends; answers the port. */
export async function listen(
  server: Server,
  undo: (end: () => void) => void = onTestFinished,
): Promise<number> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  undo(() => void server.close());
  return (server.address() as AddressInfo).port;
}

export const answering =
  (status: number, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(body);

/** The webhook with the real receiver behind it, its ports in memory. */
export class Webhook {
  readonly tokens: Set<string>;
  readonly recorded: Sighting[] = [];
  readonly woken: (readonly string[])[] = [];
  /** How many requests were answered, by status. */
  readonly answered: number[] = [];
  readonly #services: readonly string[];

  constructor(services: readonly string[], ...tokens: string[]) {
    this.#services = services;
    this.tokens = new Set(tokens);
  }

  readonly handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { status, text } = await this.#answer(request, body);
    this.answered.push(status);
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };

  async #answer({ headers, url, method }: IncomingMessage, body: string) {
    // As API Gateway has it: one route, and 404 for all else.
    if (method !== 'POST' || url !== '/failover') return { status: 404, text: '{"message":"Not Found"}' };
    const token = headers.authorization?.replace('Bearer ', '') ?? '';
    if (!this.tokens.has(token)) return { status: 401, text: '{"error":{"code":"token-refused"}}' };
    try {
      const result = await receive({ body } as HttpEvent, this.#services, {
        evidence: { load: async () => ({}), record: async (_, seen) => void this.recorded.push(...seen) },
        waker: { wake: async (services) => void this.woken.push(services) },
        clock: Date.now,
        log: silentLog,
      });
      return { status: result.statusCode ?? 0, text: result.body ?? '' };
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return { status: error.status, text: error.message };
    }
  }
}

export const httpServer = (handle: RequestListener): Server => createHttp(handle);

export const httpsServer = (pem: string, handle: RequestListener): Server =>
  createHttps({ cert: pem, key: pem }, handle);

/** What terminates TLS on the host: it lets only the holder of one certificate in. */
export const standbyServer = (hostPem: string, siteCertificate: string): Server =>
  createTls(
    { cert: hostPem, key: hostPem, requestCert: true, rejectUnauthorized: true, ca: siteCertificate },
    (socket) => {
      socket.on('error', () => socket.destroy());
      // The container sleeps.
      socket.end();
    },
  );

/** The line of a host: one answer to one line. */
export const lineServer = (hostPem: string, siteCertificate: string, answer: string): Server =>
  createTls(
    { cert: hostPem, key: hostPem, requestCert: true, rejectUnauthorized: true, ca: siteCertificate },
    (socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end(`${answer}\n`));
    },
  );

/**
 * A forward proxy that opens a tunnel to a loopback port, whatever is asked for.
 * @param asked gets what was asked for, and with which credentials
 * @param refusal the status that it answers instead
 */
export function forwardProxy(port: number, asked: string[], refusal?: number): Server {
  const server = createHttp(answering(405, 'only CONNECT'));
  server.on('connect', (request, client) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? 'nobody'}`);
    if (refusal) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  return server;
}
