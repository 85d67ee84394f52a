import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { pauseAfter } from '../backoff.ts';
import { readEvidence, readState } from '../contract/records.ts';
import { attribute, type Key, key } from '../contract/table.ts';
import { type Evidence, fold, type Sighting } from '../domain/evidence.ts';
import type { Deliver, EvidenceStore, StateStore, Versioned } from '../ports.ts';

const historyDays = 400;
const maxTries = 12;

export function documentClient(client: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

export function dynamoStateStore(client: DynamoDBDocumentClient, table: string): StateStore {
  return {
    async load(service) {
      const { value, revision } = (await read(client, table, key.state(service))) ?? { revision: 0 };
      return { value: readState(service, value), revision };
    },
    save: (next, before) =>
      write(client, table, { ...key.state(next.service), epoch: next.epoch }, next, before.revision, {
        condition: 'epoch = :epoch',
        values: { ':epoch': before.value.epoch },
      }),
  };
}

/** @param gapSeconds a longer silence than this breaks a service's run of "up" */
export function dynamoEvidenceStore(
  client: DynamoDBDocumentClient,
  table: string,
  gapSeconds: (service: string) => number,
): EvidenceStore {
  const load = async (service: string): Promise<Versioned<Evidence>> => {
    const { value, revision } = (await read(client, table, key.evidence(service))) ?? { revision: 0 };
    return { value: readEvidence(value), revision };
  };
  // What this sandbox wrote last is most often what is there: a read that each heartbeat can do without.
  const written = new Map<string, Versioned<Evidence>>();
  return {
    load: async (service) => (await load(service)).value,
    async record(service, sightings: readonly Sighting[]) {
      const add = (before: Versioned<Evidence>) =>
        sightings.reduce((all, one) => fold(all, one, gapSeconds(service)), before.value);
      for (let attempt = 0; attempt < maxTries; attempt++) {
        const remembered = written.get(service);
        written.delete(service);
        const before = remembered ?? (await load(service));
        const next = add(before);
        // Nothing new to our own memory says nothing of what others have written since.
        if (next === before.value && remembered) continue;
        if (next === before.value) return;
        if (await write(client, table, key.evidence(service), next, before.revision)) {
          written.set(service, { value: next, revision: before.revision + 1 });
          return;
        }
        // Our memory was out of date: what is there now is read, without a wait.
        if (remembered) continue;
        await delay(pauseAfter(attempt));
      }
      throw new Error(`evidence for ${service} not recorded: ${maxTries} concurrent writers came first`);
    },
  };
}

export function dynamoHistory(client: DynamoDBDocumentClient, table: string): Deliver {
  return async (entry) => {
    const expiresAt = Math.floor(entry.at / 1000) + historyDays * 86_400;
    const Item = { ...key.history(entry.service, entry.id), ...entry, [attribute.expires]: expiresAt };
    await client.send(new PutCommand({ TableName: table, Item }));
  };
}

/** Strongly consistent: a decision on a stale copy would only lose its conditional write. */
async function read(
  client: DynamoDBDocumentClient,
  table: string,
  of: Key,
): Promise<Versioned<Readonly<Record<string, unknown>>> | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: of, ConsistentRead: true }));
  return Item && { value: Item.value, revision: Item.revision as number };
}

async function write(
  client: DynamoDBDocumentClient,
  table: string,
  attributes: Key & Record<string, unknown>,
  value: unknown,
  revision: number,
  extra?: { condition: string; values: Record<string, unknown> },
): Promise<boolean> {
  const isNew = revision === 0;
  // Nobody else writes this value. The client tries again when an answer is lost, and then fails on what it
  // has written itself.
  const writer = randomUUID();
  const unchanged = ['revision = :revision', ...(extra ? [extra.condition] : [])].join(' AND ');
  try {
    await client.send(
      new PutCommand({
        TableName: table,
        Item: { ...attributes, value, revision: revision + 1, writer },
        ConditionExpression: isNew ? `attribute_not_exists(${attribute.partition})` : unchanged,
        ...(!isNew && { ExpressionAttributeValues: { ':revision': revision, ...extra?.values } }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return isOurs(client, table, attributes, writer);
    throw error;
  }
}

/** Whether the record is as this writer left it. False if somebody has written since: then to look again is right. */
async function isOurs(
  client: DynamoDBDocumentClient,
  table: string,
  { pk, sk }: Key,
  writer: string,
): Promise<boolean> {
  const command = new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true });
  return (await client.send(command)).Item?.writer === writer;
}
