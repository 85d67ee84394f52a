import { request as httpRequest } from 'node:http';
import dynalite from 'dynalite';
import { close, listen, readBody } from '../../kit/http.ts';
import { AwsError } from '../aws-error.ts';
import type { Operation, Service } from '../endpoint.ts';
import type { RawAnswer, RawRequest } from '../protocols.ts';
import { type Assembly, checkProperties, type Resource } from '../template.ts';
import { asObject, isObject, type Json } from '../values.ts';

/** The DynamoDB stand-in: dynalite in memory, behind the one endpoint. */
export interface DynamoDb {
  readonly service: Service;
  /** Physical table names. */
  readonly tables: readonly string[];
  stop(): Promise<void>;
}

const OPERATIONS = [
  'GetItem',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'Query',
  'Scan',
  'BatchGetItem',
  'BatchWriteItem',
  'DescribeTable',
];

/** Starts dynalite and makes the tables of the assembly. */
export async function startDynamoDb(assembly: Assembly): Promise<DynamoDb> {
  const server = dynalite({ createTableMs: 0 });
  const port = await listen(server);
  // Closed in the middle of a request, dynalite would throw where nobody can catch it.
  const underWay = new Set<Promise<RawAnswer>>();
  let isStopped = false;
  const forward = (request: RawRequest) => {
    if (isStopped) throw new AwsError('ServiceUnavailable', 'the stand-in is being stopped', 503);
    const answer = send(port, request).finally(() => underWay.delete(answer));
    underWay.add(answer);
    return answer;
  };
  const tables = assembly.ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable');
  for (const table of tables) await createTable(table, forward);

  const arns = new Map(tables.map(({ ref, attributes }) => [ref, attributes.Arn ?? '']));
  const operation: Operation = {
    resources: (input) => tableNames(input).map((name) => arns.get(name) ?? name),
    context: leadingKeys,
    // An ARN is allowed in place of a table's name; dynalite knows names only.
    run: (_input, request) => forward({ ...request, body: withTableNames(request.body) }),
  };
  return {
    service: { operations: Object.fromEntries(OPERATIONS.map((name) => [name, operation])) },
    tables: tables.map(({ ref }) => ref),
    async stop() {
      isStopped = true;
      await Promise.allSettled(underWay);
      await close(server);
    },
  };
}

function tableNames(input: Json): string[] {
  if (typeof input.TableName === 'string') return [nameOf(input.TableName)];
  return Object.keys((input.RequestItems ?? {}) as Json).map(nameOf);
}

/** The partition key, by which policies tell apart who may see what. */
function leadingKeys({ Key, Item }: Json): Record<string, string[]> {
  const { pk } = asObject(Key ?? Item ?? {}, 'the key');
  return isObject(pk) && typeof pk.S === 'string' ? { 'dynamodb:LeadingKeys': [pk.S] } : {};
}

function nameOf(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:aws:dynamodb:[^:]*:\d*:table\//, '');
}

function withTableNames(body: Buffer): Buffer {
  const input = JSON.parse(body.toString('utf8')) as Json;
  if (typeof input.TableName !== 'string' || !input.TableName.startsWith('arn:')) return body;
  return Buffer.from(JSON.stringify({ ...input, TableName: nameOf(input.TableName) }));
}

function send(port: number, { method, path, headers, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { 'content-length': _length, host: _host, connection: _connection, ...rest } = headers;
    const forwarded = { ...rest, 'content-length': String(body.length) };
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers: forwarded }, (response) => {
      readBody(response, Number.POSITIVE_INFINITY).then((answer) => {
        const { 'x-amz-crc32': crc, 'x-amzn-requestid': id } = response.headers;
        resolve({
          status: response.statusCode ?? 500,
          headers: {
            'content-type': String(response.headers['content-type']),
            'x-amz-crc32': String(crc),
            'x-amzn-requestid': String(id),
          },
          body: answer ?? '',
        });
      }, reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Members of a table that change nothing in an in-memory stand-in with a single region. */
const IGNORED = [
  'BillingMode',
  'ContributorInsightsSpecification',
  'DeletionProtectionEnabled',
  'OnDemandThroughput',
  'PointInTimeRecoverySpecification',
  'Replicas',
  'ResourcePolicy',
  'SSESpecification',
  'TableClass',
  'TableName',
  'Tags',
  'TimeToLiveSpecification',
  'WarmThroughput',
  'WriteOnDemandThroughputSettings',
  'WriteProvisionedThroughputSettings',
  'ProvisionedThroughput',
];

async function createTable(
  resource: Resource,
  forward: (request: RawRequest) => Promise<RawAnswer>,
): Promise<void> {
  checkProperties(
    resource,
    ['AttributeDefinitions', 'KeySchema', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes'],
    IGNORED,
  );
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes } =
    resource.properties;
  const definition = { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes };
  const body = Buffer.from(
    JSON.stringify({ TableName: resource.ref, BillingMode: 'PAY_PER_REQUEST', ...definition }),
  );
  const answer = await forward({
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.CreateTable',
      // dynalite wants these to be present, and does not check them.
      authorization:
        'AWS4-HMAC-SHA256 Credential=drill/20000101/drill/dynamodb/aws4_request, SignedHeaders=host, Signature=drill',
      'x-amz-date': '20000101T000000Z',
    },
    body,
  });
  if (answer.status !== 200)
    throw new AwsError('CreateTable', `${resource.id}: ${answer.body.toString()}`, answer.status);
}
