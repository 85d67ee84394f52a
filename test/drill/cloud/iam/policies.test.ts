import { afterEach, describe, expect, test } from 'vitest';
import { createIam } from '../../../../drill/cloud/iam/index.ts';
import type { AccessRequest, Caller } from '../../../../drill/cloud/iam/request.ts';
import { idle } from '../../../../drill/cloud/iam/review.ts';
import { readStatements } from '../../../../drill/cloud/iam/statements.ts';
import { loadAssembly } from '../../../../drill/cloud/template.ts';
import type { Json } from '../../../../drill/cloud/values.ts';
import { temporaryFolder, writeAssembly } from '../fixture.ts';

let folder = temporaryFolder();
afterEach(() => {
  folder.remove();
  folder = temporaryFolder();
});

const account = '123456789012';
const arn = (service: string, rest: string) => `arn:aws:${service}:eu-west-1:${account}:${rest}`;
const queue = arn('sqs', 'letters');
const worker: Caller = { kind: 'role', arn: `arn:aws:sts::${account}:assumed-role/worker/f`, role: 'worker' };
const events: Caller = { kind: 'service', arn: 'events.amazonaws.com' };

function assemblyWith(resources: Record<string, Json>) {
  return loadAssembly(writeAssembly(folder.path, { small: { Resources: resources } }));
}

const role = (more: Json = {}): Json => ({
  Type: 'AWS::IAM::Role',
  Properties: { RoleName: 'worker', AssumeRolePolicyDocument: { Statement: [] }, ...more },
});
const allow = (more: Json): Json => ({ Statement: [{ Effect: 'Allow', ...more }] });
const policy = (document: Json, more: Json = {}): Json => ({
  Type: 'AWS::IAM::Policy',
  Properties: { PolicyName: 'p', Roles: [{ Ref: 'Role' }], PolicyDocument: document, ...more },
});
const Letters: Json = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } };
const queuePolicy = (document: Json): Json => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: { Queues: [{ Ref: 'Letters' }], PolicyDocument: document },
});
const fromRule = { ArnEquals: { 'aws:SourceArn': arn('events', 'rule/tick') } };

const get: AccessRequest = {
  caller: worker,
  action: 'dynamodb:GetItem',
  resource: arn('dynamodb', 'table/t'),
  context: { 'dynamodb:LeadingKeys': ['state#api'] },
};
const send: AccessRequest = { caller: worker, action: 'sqs:SendMessage', resource: queue, context: {} };

const onTable = { Action: 'dynamodb:GetItem', Resource: arn('dynamodb', 'table/t') };
const leading = (pattern: string) => ({
  Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [pattern] } },
});
const deny = { Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: queue };

describe('a request', () => {
  test.each<[string, Record<string, Json>, AccessRequest, boolean]>([
    ['that no policy mentions', { Role: role() }, get, false],
    ['allowed by a policy of its role', { Role: role(), P: policy(allow(onTable)) }, get, true],
    [
      'allowed by a policy in its role',
      { Role: role({ Policies: [{ PolicyName: 'in', PolicyDocument: allow(onTable) }] }) },
      get,
      true,
    ],
    [
      'whose condition holds',
      { Role: role(), P: policy(allow({ ...onTable, ...leading('state#*') })) },
      get,
      true,
    ],
    [
      'whose condition does not',
      { Role: role(), P: policy(allow({ ...onTable, ...leading('evidence#*') })) },
      get,
      false,
    ],
    [
      'for another resource',
      { Role: role(), P: policy(allow({ ...onTable, Resource: arn('dynamodb', 'table/u') })) },
      get,
      false,
    ],
    [
      'that the resource denies',
      {
        Role: role(),
        Letters,
        P: policy(allow({ Action: 'sqs:SendMessage', Resource: queue })),
        Q: queuePolicy({ Statement: [deny] }),
      },
      send,
      false,
    ],
    [
      'of a service that the resource lets',
      {
        Letters,
        Q: queuePolicy(
          allow({
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: queue,
            Condition: fromRule,
          }),
        ),
      },
      { ...send, caller: events, context: { 'aws:SourceArn': arn('events', 'rule/tick') } },
      true,
    ],
    [
      'of a service on behalf of something else',
      {
        Letters,
        Q: queuePolicy(
          allow({
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: queue,
            Condition: fromRule,
          }),
        ),
      },
      { ...send, caller: events, context: { 'aws:SourceArn': arn('events', 'rule/other') } },
      false,
    ],
    [
      'by a policy of AWS',
      { Role: role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore'] }) },
      { caller: worker, action: 'ssmmessages:CreateControlChannel', resource: '*', context: {} },
      true,
    ],
  ])('%s', async (_what, resources, request, allowed) => {
    const told: unknown[] = [];
    const iam = createIam(assemblyWith(resources), (one) => told.push(one));
    expect(await iam.authorize(request)).toBe(allowed);
    expect(told).toHaveLength(allowed ? 0 : 1);
    expect(iam.requests).toHaveLength(allowed ? 1 : 0);
  });

  test('that nobody at AWS knows is a defect of the drill', async () => {
    const iam = createIam(assemblyWith({ Role: role() }), () => {});
    await expect(iam.authorize({ ...get, action: 'dynamodb:Guess', resource: '*' })).rejects.toThrow(
      /IAM cannot be asked about dynamodb:Guess on \*/,
    );
  });
});

describe('a review', () => {
  test('finds what was granted and not used, and what is granted twice', async () => {
    const iam = createIam(
      assemblyWith({
        Role: role(),
        P: policy({
          Statement: [
            { Effect: 'Allow', ...onTable, Action: ['dynamodb:GetItem', 'dynamodb:PutItem'] },
            { Effect: 'Allow', ...onTable },
          ],
        }),
      }),
      () => {},
    );
    await iam.authorize(get);
    const { grants, statements } = await iam.review();
    expect(idle(grants)).toEqual(['worker may dynamodb:PutItem on dynamodb:table/t']);
    expect(idle(statements)).toHaveLength(2);
  });
});

describe('what the drill does not know', () => {
  test.each<[string, Record<string, Json>, RegExp]>([
    [
      'a policy of AWS',
      { Role: role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/PowerUserAccess'] }) },
      /AWS's policy PowerUserAccess/,
    ],
    ['a user', { Role: role(), P: policy(allow(onTable), { Users: ['me'] }) }, /sets Users/],
  ])('is refused: %s', (_what, resources, words) => {
    expect(() => readStatements(assemblyWith(resources))).toThrow(words);
  });
});
