import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { record } from './journal.ts';
import type { Metrics } from './metrics.ts';
import type { Settings } from './settings.ts';

/** What a request is answered from. */
export type App = {
  settings: Settings;
  metrics: Metrics;
  /** True from the first signal on: health then says so, and connections are not kept. */
  shuttingDown: () => boolean;
  /** Whether it was paused for so long that what it had open is gone (STALE_AFTER_MS). */
  isStale: () => boolean;
};

const harmlessId = /^[A-Za-z0-9._-]{1,128}$/;

/** Answers one request. Rejects only when the connection is gone. */
export async function handle(app: App, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { settings } = app;
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (app.shuttingDown()) response.setHeader('Connection', 'close');
  response.setHeader('X-Served-By', `${settings.site}/${settings.host}`);

  if (path === settings.healthPath) return health(app, response);
  measure(app, request, response);
  if (path === '/metrics') return text(response, app.metrics.text());

  if (!(await bodyFits(request, settings.maxBodyBytes))) {
    // The rest of the body is not read, so the connection cannot be used again.
    response.setHeader('Connection', 'close');
    const message = `the body is larger than ${settings.maxBodyBytes} bytes`;
    return json(response, 413, { error: { code: 'body-too-large', message } });
  }
  execute(settings, request, response, path);
}

/** The work itself. It is recorded before it is answered: what a client saw done is always on record. */
function execute(settings: Settings, request: IncomingMessage, response: ServerResponse, path: string): void {
  const given = request.headers['x-request-id'];
  const requestId = typeof given === 'string' && harmlessId.test(given) ? given : randomUUID();
  const { site, host } = settings;
  const method = request.method ?? 'GET';
  record({ event: 'executed', requestId, method, path, site, host });
  response.setHeader('X-Request-Id', requestId);
  json(response, 200, { site, host, method, path, requestId });
}

function health({ settings, shuttingDown, isStale }: App, response: ServerResponse): void {
  const { site, healthFaultFile } = settings;
  if (shuttingDown()) json(response, 503, { status: 'shutting-down', site });
  else if (isStale()) json(response, 500, { status: 'stale', site });
  else if (healthFaultFile !== undefined && existsSync(healthFaultFile))
    json(response, 500, { status: 'fault', site });
  else json(response, 200, { status: 'ok', site });
}

/** Reads the body to its end, or until it is too large. */
async function bodyFits(request: IncomingMessage, maxBytes: number): Promise<boolean> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return false;
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) return false;
  }
  return true;
}

/** Health checks are left out: four a second would drown what clients see. */
function measure(app: App, request: IncomingMessage, response: ServerResponse): void {
  const start = performance.now();
  app.metrics.started();
  response.once('close', () => {
    const code = response.writableFinished ? response.statusCode : 499;
    app.metrics.finished(request.method ?? 'GET', code, (performance.now() - start) / 1000);
  });
}

function text(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
}

function json(response: ServerResponse, code: number, body: object): void {
  const payload = `${JSON.stringify(body)}\n`;
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) };
  response.writeHead(code, headers).end(payload);
}
