import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  documentClient,
  dynamoEvidenceStore,
  dynamoHistory,
  dynamoStateStore,
} from '../../../lambda/adapters/dynamodb.ts';
import { initialState } from '../../../lambda/domain/state.ts';

const aws = mockClient(DynamoDBDocumentClient);
const client = documentClient(new DynamoDBClient({}));
const lost = new ConditionalCheckFailedException({ message: 'somebody was faster', $metadata: {} });
const puts = () => aws.commandCalls(PutCommand).map(({ args }) => args[0].input);

beforeEach(() => aws.reset());

describe('the state store', () => {
  const store = dynamoStateStore(client, 'table');
  const state = { ...initialState('api'), epoch: 3 };

  it('starts from home when nothing was ever written', async () => {
    aws.on(GetCommand).resolves({});
    expect(await store.load('api')).toEqual({ value: initialState('api'), revision: 0 });
  });

  it('reads consistently', async () => {
    aws.on(GetCommand).resolves({ Item: { value: state, revision: 9 } });
    expect(await store.load('api')).toEqual({ value: state, revision: 9 });
    expect(aws.commandCalls(GetCommand)[0]?.args[0].input).toEqual({
      TableName: 'table',
      Key: { pk: 'state#api', sk: 'current' },
      ConsistentRead: true,
    });
  });

  it('writes only over what it has read', async () => {
    aws.on(PutCommand).resolves({});
    expect(await store.save({ ...state, epoch: 4 }, { value: state, revision: 9 })).toBe(true);
    expect(puts()[0]).toMatchObject({
      Item: { pk: 'state#api', sk: 'current', epoch: 4, revision: 10 },
      ConditionExpression: 'revision = :revision AND epoch = :epoch',
      ExpressionAttributeValues: { ':revision': 9, ':epoch': 3 },
    });
  });

  it('writes the first state only if there is none', async () => {
    aws.on(PutCommand).resolves({});
    await store.save(state, { value: initialState('api'), revision: 0 });
    expect(puts()[0]?.ConditionExpression).toBe('attribute_not_exists(pk)');
  });

  it('says so when it lost the race', async () => {
    aws.on(PutCommand).rejects(lost);
    aws.on(GetCommand).resolves({ Item: { value: state, revision: 10, writer: 'somebody else' } });
    expect(await store.save(state, { value: state, revision: 9 })).toBe(false);
  });

  it('C2: recognises its own write when the answer was lost and the client has repeated it', async () => {
    let written: Record<string, unknown> | undefined;
    aws.on(PutCommand).callsFake(({ Item }) => {
      written = Item;
      throw lost;
    });
    aws.on(GetCommand).callsFake(() => ({ Item: written }));
    expect(await store.save({ ...state, epoch: 4 }, { value: state, revision: 9 })).toBe(true);
    // Each write is told apart from every other of the same function.
    expect(await store.save({ ...state, epoch: 4 }, { value: state, revision: 9 })).toBe(true);
    expect(new Set(puts().map(({ Item }) => Item?.writer)).size).toBe(2);
  });

  it('does not take any other error for a lost race', async () => {
    aws.on(PutCommand).rejects(new Error('no network'));
    await expect(store.save(state, { value: state, revision: 9 })).rejects.toThrow('no network');
  });
});

describe('the evidence store', () => {
  // What a store remembers of what it wrote must not reach the next test.
  let store = dynamoEvidenceStore(client, 'table', () => 45);
  beforeEach(() => {
    store = dynamoEvidenceStore(client, 'table', () => 45);
  });

  it('adds to what it wrote itself without reading it again', async () => {
    aws.on(GetCommand).resolves({ Item: { value: { upAt: 4000, upSince: 4000 }, revision: 6 } });
    aws.on(PutCommand).resolves({});
    await store.record('api', [{ kind: 'up', observedAt: 14_000 }]);
    await store.record('api', [{ kind: 'up', observedAt: 24_000 }]);
    expect(aws.commandCalls(GetCommand)).toHaveLength(1);
    expect(puts()[1]).toMatchObject({
      Item: { value: { upAt: 24_000, upSince: 4000 }, revision: 8 },
      ExpressionAttributeValues: { ':revision': 7 },
    });
  });

  it('reads again when somebody else has written since', async () => {
    aws
      .on(GetCommand)
      .resolvesOnce({})
      .resolves({ Item: { value: { upAt: 4000, upSince: 4000, downAt: 6000 }, revision: 3 } });
    aws.on(PutCommand).resolvesOnce({}).rejectsOnce(lost).resolves({});
    await store.record('api', [{ kind: 'up', observedAt: 4000 }]);
    await store.record('api', [{ kind: 'down', observedAt: 7000 }]);
    expect(puts()[2]?.Item).toMatchObject({ value: { upAt: 4000, downAt: 7000 }, revision: 4 });
  });

  it('does not trust its memory that nothing is new', async () => {
    aws.on(GetCommand).resolves({});
    aws.on(PutCommand).resolves({});
    await store.record('api', [{ kind: 'down', observedAt: 5000 }]);
    // Somebody has restored the table since.
    await store.record('api', [{ kind: 'down', observedAt: 5000 }]);
    expect(puts()).toHaveLength(2);
  });

  it('writes what is new', async () => {
    aws.on(GetCommand).resolves({});
    aws.on(PutCommand).resolves({});
    await store.record('api', [{ kind: 'down', observedAt: 5000 }]);
    expect(puts()[0]).toMatchObject({ Item: { pk: 'evidence#api', value: { downAt: 5000 }, revision: 1 } });
  });

  it('writes nothing for a repeat', async () => {
    aws.on(GetCommand).resolves({ Item: { value: { downAt: 5000 }, revision: 1 } });
    await store.record('api', [{ kind: 'down', observedAt: 5000 }]);
    expect(puts()).toEqual([]);
  });

  it('adds to what a faster writer wrote', async () => {
    aws
      .on(GetCommand)
      .resolvesOnce({ Item: { value: {}, revision: 1 } })
      .resolves({ Item: { value: { upAt: 4000, upSince: 4000 }, revision: 2 } });
    aws.on(PutCommand).rejectsOnce(lost).resolves({});
    await store.record('api', [{ kind: 'down', observedAt: 5000 }]);
    expect(puts()[1]?.Item?.value).toMatchObject({ upAt: 4000, upSince: 4000, downAt: 5000 });
  });

  it('fails rather than acknowledge what it could not write', async () => {
    aws.on(GetCommand).resolves({});
    aws.on(PutCommand).rejects(lost);
    await expect(store.record('api', [{ kind: 'down', observedAt: 5000 }])).rejects.toThrow(/not recorded/);
  });
});

describe('the history', () => {
  it('keeps an entry under its id, with an end', async () => {
    aws.on(PutCommand).resolves({});
    const entry = {
      id: '00000001-00000001',
      service: 'api',
      kind: 'failover-started',
      epoch: 1,
      at: 1_700_000_000_000,
      reason: 'primary-down',
    } as const;
    await dynamoHistory(client, 'table')(entry);
    expect(puts()[0]?.Item).toEqual({ pk: 'history#api', sk: entry.id, ...entry, expiresAt: 1_734_560_000 });
  });
});
