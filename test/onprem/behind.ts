import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Program } from '../../drill/parts/program.ts';
import { Client } from './clients.ts';
import { startApi, startHaproxy } from './site.ts';

type Treat = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** HAProxy in front of a healthy primary that treats every request as told, and of a sound standby. */
export async function startBehind(haproxy: Program, treat: Treat, env: Record<string, string> = {}) {
  /** The methods that the primary was asked with, in order. */
  const asked: string[] = [];
  const server = createServer({ maxHeaderSize: 64_000 }, (request, response) => {
    if (request.url === '/health') return void response.end('ok');
    asked.push(request.method ?? '');
    treat(request, response, asked.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const standby = await startApi({ SITE: 'standby' });
  const { port } = server.address() as AddressInfo;
  const site = await startHaproxy(haproxy, { primary: port, standby: standby.port }, env);
  return { ...site, asked, server, standby, client: new Client(site) };
}
