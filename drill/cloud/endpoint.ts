import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { messageOf } from '../kit/errors.ts';
import { close, listen, readBody } from '../kit/http.ts';
import { AwsError } from './aws-error.ts';
import type { FaultGate } from './faults.ts';
import type { Authorize, Caller } from './iam/request.ts';
import { jsonError, type RawAnswer, type RawRequest, recognise } from './protocols.ts';
import type { Json } from './values.ts';

/** An operation of a service: what it touches, and what it does. */
export interface Operation {
  /** The ARNs that IAM checks the call against. */
  resources(input: Json): string[];
  /** The condition keys that it fills for policies, besides those of every call. */
  context?(input: Json): Readonly<Record<string, string | string[]>>;
  run(input: Json, request: RawRequest): Promise<Json | RawAnswer> | Json;
}

/** The operations of one service by name. `deniedCode` is how this service words a denial. */
export interface Service {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly deniedCode?: string;
}

/** The one address of all AWS services (`AWS_ENDPOINT_URL`). */
export interface Endpoint {
  readonly url: string;
  /** Makes an access key known; calls with an unknown key fail as on AWS. */
  registerCaller(accessKeyId: string, caller: Caller): void;
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Lets everything through. */
const open = { before: async () => {}, after: async () => {} };

/**
 * Starts the endpoint on a free loopback port.
 * @param services  handlers by IAM's service prefix: ssm, ec2, sns, lambda, secretsmanager, dynamodb
 * @param authorize says what IAM says
 * @param onFault   told about failures of the stand-in itself, which the caller sees as a 500
 * @param gate      lets calls fail on purpose
 */
export async function startEndpoint(
  services: Readonly<Record<string, Service>>,
  authorize: Authorize,
  onFault: (error: unknown) => void = () => {},
  gate: Pick<FaultGate, 'before' | 'after'> = open,
): Promise<Endpoint> {
  const callers = new Map<string, Caller>();
  const server = createServer((message, response) => {
    answer(message, services, callers, authorize, gate)
      .catch((error: unknown): RawAnswer => {
        onFault(error);
        return jsonError(new AwsError('InternalServerError', messageOf(error), 500), randomUUID());
      })
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    registerCaller: (accessKeyId, caller) => callers.set(accessKeyId, caller),
    stop: () => close(server),
  };
}

async function answer(
  message: IncomingMessage,
  services: Readonly<Record<string, Service>>,
  callers: ReadonlyMap<string, Caller>,
  authorize: Authorize,
  gate: Pick<FaultGate, 'before' | 'after'>,
): Promise<RawAnswer> {
  const requestId = randomUUID();
  let fail = (error: AwsError) => jsonError(error, requestId);
  try {
    const request = await readRequest(message);
    const call = recognise(request, requestId);
    fail = call.fail;
    const service = services[call.service];
    const operation = service?.operations[call.operation];
    if (!service || !operation) {
      throw new AwsError(
        'UnknownOperationException',
        `the drill does not serve ${call.service}:${call.operation}`,
      );
    }
    const caller = identifyCaller(request, callers);
    const action = iamAction(call.service, call.operation);
    // AWS gives each sandbox a session of its own; here the session's token names it.
    const sandbox = request.headers['x-amz-security-token'] ?? '';
    const seen = { action, input: call.input, sandbox };
    await gate.before(seen);
    try {
      const context = operation.context?.(call.input) ?? {};
      for (const resource of operation.resources(call.input)) {
        if (await authorize({ caller, action, resource, context })) continue;
        throw denied(caller, action, resource, service);
      }
      const output = await operation.run(call.input, request);
      return isRawAnswer(output) ? output : call.answer(output);
    } finally {
      await gate.after(seen);
    }
  } catch (error) {
    if (error instanceof AwsError) return fail(error);
    throw error;
  }
}

/** IAM's name of an action; Invoke is the one call of ours that is named differently. */
function iamAction(service: string, operation: string): string {
  return operation === 'Invoke' ? 'lambda:InvokeFunction' : `${service}:${operation}`;
}

function identifyCaller(request: RawRequest, callers: ReadonlyMap<string, Caller>): Caller {
  const authorization = request.headers.authorization;
  const accessKeyId = /Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1];
  if (accessKeyId === undefined) {
    throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  const caller = callers.get(accessKeyId);
  if (caller) return caller;
  throw new AwsError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
    403,
  );
}

function denied(caller: Caller, action: string, resource: string, service: Service): AwsError {
  const why = `because no identity-based policy allows the ${action} action`;
  return new AwsError(
    service.deniedCode ?? 'AccessDeniedException',
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
    service.deniedCode === undefined ? 400 : 403,
  );
}

function isRawAnswer(output: Json | RawAnswer): output is RawAnswer {
  return typeof output.status === 'number' && 'headers' in output && 'body' in output;
}

async function readRequest(message: IncomingMessage): Promise<RawRequest> {
  const body = await readBody(message, MAX_BODY_BYTES);
  if (body === undefined)
    throw new AwsError('RequestEntityTooLarge', `more than ${MAX_BODY_BYTES} bytes`, 413);
  const headers = Object.entries(message.headers).map(([name, value]) => [name, String(value)] as const);
  return {
    method: message.method ?? '',
    path: message.url ?? '/',
    headers: Object.fromEntries(headers),
    body,
  };
}
