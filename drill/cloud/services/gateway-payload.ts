import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { isObject, type Json } from '../values.ts';
import type { HttpApi } from './routes.ts';

/** What the HTTP API sends back. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

/** What an event says about the route that it came by. */
export interface EventContext {
  readonly api: HttpApi;
  readonly accountId: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly requestId: string;
}

/** An answer of the gateway itself. */
export function refuse(status: number, message: string): GatewayAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

/** The event of payload format 2.0. */
export function proxyEvent(message: IncomingMessage, url: URL, body: Buffer, context: EventContext): Json {
  const { api, accountId, routeKey, pathParameters, requestId } = context;
  const { cookie, ...others } = message.headers;
  const headers = Object.fromEntries(
    Object.entries(others).map(([name, value]) => [name, [value].flat().join(',')]),
  );
  const method = message.method ?? '';
  const now = new Date();
  return {
    version: '2.0',
    routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers,
    ...queryParameters(url),
    requestContext: {
      accountId,
      apiId: api.id,
      domainName: headers.host ?? '',
      domainPrefix: api.id,
      http: {
        method,
        path: url.pathname,
        protocol: `HTTP/${message.httpVersion}`,
        sourceIp: message.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage: api.stage,
      time: clfTime(now),
      timeEpoch: now.getTime(),
    },
    ...(Object.keys(pathParameters).length === 0 ? {} : { pathParameters }),
    ...bodyOf(body, headers['content-type']),
  };
}

function queryParameters(url: URL): Json {
  const names = [...new Set(url.searchParams.keys())];
  if (names.length === 0) return {};
  const values = names.map((name) => [name, url.searchParams.getAll(name).join(',')] as const);
  return { queryStringParameters: Object.fromEntries(values) };
}

/** Text goes through as it is; anything else as base64. */
function bodyOf(body: Buffer, contentType: string | undefined): Json {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = /^(text\/|application\/(json|xml|javascript))/.test(contentType ?? '');
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

function clfTime(time: Date): string {
  const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(time.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${clock} +0000`;
}

/** Turns what a function returned (JSON text) into an answer, by the rules of payload format 2.0. */
export function answerOf(payload: string): GatewayAnswer {
  const result: unknown = JSON.parse(payload);
  const json = { 'content-type': 'application/json' };
  if (!isObject(result) || result.statusCode === undefined) {
    return { status: 200, headers: json, body: typeof result === 'string' ? result : payload };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = result;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return refuse(500, 'Internal Server Error');
  return {
    status,
    headers: {
      // Payload format 2.0 calls a body text unless the function says otherwise.
      'content-type': 'text/plain; charset=utf-8',
      ...lowerCased(headers),
      ...(Array.isArray(cookies) ? { 'set-cookie': cookies.map(String) } : {}),
    },
    body: isBase64Encoded === true ? Buffer.from(String(body), 'base64') : String(body ?? ''),
  };
}

function lowerCased(headers: unknown): OutgoingHttpHeaders {
  if (!isObject(headers)) return {};
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
