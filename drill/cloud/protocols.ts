import { AwsError } from './aws-error.ts';
import type { Json } from './values.ts';
import { toXml } from './xml.ts';

/** An HTTP request as the endpoint received it. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The HTTP answer to a call. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A recognised call: which operation of which service, with what input, and how its answers are written. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly input: Json;
  answer(output: Json): RawAnswer;
  fail(error: AwsError): RawAnswer;
}

const JSON_SERVICES: Readonly<Record<string, string>> = {
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
  AmazonSSM: 'ssm',
  DynamoDB_20120810: 'dynamodb',
  secretsmanager: 'secretsmanager',
};

const QUERY_SERVICES: Readonly<Record<string, string>> = { '2010-03-31': 'sns', '2016-11-15': 'ec2' };

const INVOKE = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?.*)?$/;

/**
 * Recognises a call the way AWS's endpoints do: by target header, by query action, or by REST path.
 * @param requestId what AWS's answer would carry as its request id
 * @throws AwsError if no service would recognise it
 */
export function recognise(request: RawRequest, requestId: string): Call {
  const target = request.headers['x-amz-target'];
  if (target !== undefined) return jsonCall(target, request, requestId);
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return queryCall(request, requestId);
  const invoked = INVOKE.exec(request.path);
  if (invoked?.[1] !== undefined && request.method === 'POST')
    return invokeCall(invoked[1], request, requestId);
  throw new AwsError(
    'UnknownOperationException',
    `${request.method} ${request.path} is no call that the drill knows`,
    404,
  );
}

/** The answer to a request that was not even recognised. */
export function jsonError(error: AwsError, requestId: string): RawAnswer {
  return {
    status: error.status,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': error.code,
    },
    body: JSON.stringify({ __type: error.code, message: error.message, Message: error.message }),
  };
}

function jsonCall(target: string, request: RawRequest, requestId: string): Call {
  const [prefix = '', operation = ''] = target.split('.');
  const contentType = request.headers['content-type'] ?? 'application/x-amz-json-1.1';
  return {
    service: JSON_SERVICES[prefix] ?? prefix,
    operation,
    input: parseJson(request.body),
    answer: (output) => ({
      status: 200,
      headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
      body: JSON.stringify(output),
    }),
    fail: (error) => jsonError(error, requestId),
  };
}

function parseJson(body: Buffer): Json {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'the body is not JSON');
  }
}

function queryCall(request: RawRequest, requestId: string): Call {
  const form = new URLSearchParams(request.body.toString('utf8'));
  const operation = form.get('Action') ?? '';
  const service = QUERY_SERVICES[form.get('Version') ?? ''] ?? 'unknown';
  const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': requestId };
  const write = (status: number, body: string): RawAnswer => ({ status, headers, body });
  const input = Object.fromEntries([...form].filter(([name]) => name !== 'Action' && name !== 'Version'));
  if (service === 'ec2') {
    return {
      service,
      operation,
      input,
      answer: (output) => write(200, toXml({ [`${operation}Response`]: { requestId, ...output } }, 'item')),
      fail: ({ code, message, status }) =>
        write(
          status,
          `<Response><Errors>${toXml([{ Code: code, Message: message }], 'Error')}</Errors><RequestID>${requestId}</RequestID></Response>`,
        ),
    };
  }
  return {
    service,
    operation,
    input,
    answer: (output) =>
      write(
        200,
        toXml(
          {
            [`${operation}Response`]: {
              [`${operation}Result`]: output,
              ResponseMetadata: { RequestId: requestId },
            },
          },
          'member',
        ),
      ),
    fail: ({ code, message, status }) =>
      write(
        status,
        toXml(
          {
            ErrorResponse: { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: requestId },
          },
          'member',
        ),
      ),
  };
}

function invokeCall(name: string, request: RawRequest, requestId: string): Call {
  return {
    service: 'lambda',
    operation: 'Invoke',
    input: {
      FunctionName: decodeURIComponent(name),
      InvocationType: request.headers['x-amz-invocation-type'] ?? 'RequestResponse',
      Payload: request.body.toString('utf8'),
    },
    answer: ({ StatusCode, FunctionError, Payload }) => ({
      status: Number(StatusCode),
      headers: {
        'x-amzn-requestid': requestId,
        ...(FunctionError === undefined ? {} : { 'x-amz-function-error': String(FunctionError) }),
      },
      body: String(Payload ?? ''),
    }),
    fail: (error) => jsonError(error, requestId),
  };
}
