import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { close, listen, readBody } from '../../kit/http.ts';
import type { Functions } from '../functions.ts';
import type { Tell } from '../happenings.ts';
import { type Authorize, byService } from '../iam/request.ts';
import { seenAlerts } from '../seen-alerts.ts';
import type { Location } from '../stack-scope.ts';
import { answerOf, type GatewayAnswer, proxyEvent, refuse } from './gateway-payload.ts';
import { MAX_SYNC_BYTES } from './lambda.ts';
import type { HttpApi, Route } from './routes.ts';

/** The HTTP API on a port of its own. */
export interface Gateway {
  readonly url: string;
  stop(): Promise<void>;
}

/** API Gateway's limits. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const MAX_HEADER_BYTES = 10_240;

/** What is behind the HTTP API. */
export interface Behind {
  readonly api: HttpApi;
  readonly functions: Functions;
}

/** Starts the HTTP API on a free loopback port. @param behind asked for each request: a deployment changes it */
export async function startGateway(
  behind: () => Behind,
  place: Location,
  authorize: Authorize,
  tell: Tell,
): Promise<Gateway> {
  const { accountId, region } = place;
  const mayCall = (api: HttpApi, { key, target }: Route) => {
    const [method, path] = key.split(' ');
    const sourceArn = `arn:aws:execute-api:${region}:${accountId}:${api.id}/${api.stage}/${method}${path}`;
    const source = { accountId, sourceArn };
    return authorize(byService('apigateway.amazonaws.com', 'lambda:InvokeFunction', target.arn, source));
  };
  const { api: first } = behind();
  const admit = first.throttle ? tokenBucket(first.throttle.rate, first.throttle.burst) : () => true;

  const serve = async (message: IncomingMessage): Promise<GatewayAnswer> => {
    const { api, functions } = behind();
    const url = new URL(message.url ?? '/', 'http://gateway');
    const path = url.pathname.startsWith(api.basePath) ? url.pathname.slice(api.basePath.length) || '/' : '';
    const found = findRoute(api, message.method ?? '', path);
    const body = await readBody(message, MAX_BODY_BYTES);
    if (!found) return refuse(404, 'Not Found');
    if (!admit()) return refuse(429, 'Too Many Requests');
    if (body === undefined) return refuse(413, 'Request Entity Too Large');
    const began = Date.now();
    tell({ kind: 'webhook-received', route: found.route.key, alerts: seenAlerts(body) });
    const context = {
      api,
      accountId,
      routeKey: found.route.key,
      pathParameters: found.parameters,
      requestId: randomUUID(),
    };
    const answer = (await mayCall(api, found.route))
      ? await callFunction(found.route, JSON.stringify(proxyEvent(message, url, body, context)), functions)
      : refuse(500, 'Internal Server Error');
    const seconds = (Date.now() - began) / 1000;
    tell({ kind: 'webhook-answered', route: found.route.key, status: answer.status, seconds });
    return answer;
  };

  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (message, response) => {
    serve(message)
      .catch((error: unknown): GatewayAnswer => {
        // A client that hangs up while it sends is no fault of ours.
        if (!message.destroyed) tell({ kind: 'fault', message: `the HTTP API: ${String(error)}` });
        return refuse(500, 'Internal Server Error');
      })
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}${first.basePath}`, stop: () => close(server) };
}

function findRoute(api: HttpApi, method: string, path: string) {
  for (const route of api.routes) {
    const parameters = route.match(method, path);
    if (parameters) return { route, parameters };
  }
  return undefined;
}

async function callFunction(route: Route, event: string, functions: Functions): Promise<GatewayAnswer> {
  if (Buffer.byteLength(event) > MAX_SYNC_BYTES) return refuse(413, 'Request Entity Too Large');
  if (functions.isThrottled(route.target)) return refuse(503, 'Service Unavailable');
  const { promise: tooLate, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), route.timeoutSeconds * 1000);
  const outcome = await Promise.race([functions.invoke(route.target, event, route.key), tooLate]);
  clearTimeout(timer);
  if (!outcome) return refuse(503, 'Service Unavailable');
  return 'failure' in outcome ? refuse(500, 'Internal Server Error') : answerOf(outcome.payload);
}

/** Admits `burst` requests at once and `rate` per second in the long run. */
function tokenBucket(rate: number, burst: number): () => boolean {
  let tokens = burst;
  let filledAt = Date.now();
  return () => {
    const now = Date.now();
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * rate);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
