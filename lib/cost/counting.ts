import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Log } from '../../lambda/ports.ts';

/** Stand-ins for AWS's clients that keep what they are given and count what AWS would bill. */

export type Meter = {
  /** DynamoDB's units: 4 KB read with consistency, 1 KB written. */
  reads: number;
  writes: number;
  secretReads: number;
  /** Bytes of the functions' own log lines. */
  logged: number;
  logLines: number;
};

export const newMeter = (): Meter => ({ reads: 0, writes: 0, secretReads: 0, logged: 0, logLines: 0 });

type Item = Record<string, unknown>;
type Input = { Key?: Item; Item?: Item; ConditionExpression?: string };

/**
 * A table in memory. It takes every write: in this small world there is one writer at a time, so no
 * condition can fail. An item is taken to be as large as its JSON, which is more than DynamoDB counts.
 */
export function countingTable(meter: Meter): { client: DynamoDBDocumentClient; bytes: () => number } {
  const items = new Map<string, Item>();
  const keyOf = ({ pk, sk }: Item) => `${pk}|${sk}`;
  const size = (item: Item | undefined) => (item ? Buffer.byteLength(JSON.stringify(item)) : 0);
  const send = async (command: { constructor: { name: string }; input: Input }) => {
    const { Key, Item } = command.input;
    if (command.constructor.name === 'GetCommand' && Key) {
      const found = items.get(keyOf(Key));
      meter.reads += Math.max(1, Math.ceil(size(found) / 4096));
      return { Item: found };
    }
    if (command.constructor.name === 'PutCommand' && Item) {
      meter.writes += Math.max(1, Math.ceil(size(Item) / 1024));
      items.set(keyOf(Item), JSON.parse(JSON.stringify(Item)));
      return {};
    }
    throw new Error(`no price for ${command.constructor.name} on DynamoDB; teach lib/cost/counting.ts`);
  };
  const client = { send } as unknown as DynamoDBDocumentClient;
  return { client, bytes: () => [...items.values()].reduce((sum, item) => sum + size(item), 0) };
}

export function countingSecrets(meter: Meter, token: string): SecretsManagerClient {
  const send = async () => {
    meter.secretReads++;
    return { SecretString: token };
  };
  return { send } as unknown as SecretsManagerClient;
}

/** What Powertools' Logger adds to each line, with values of their usual length. */
const around = {
  level: 'INFO',
  sampling_rate: 0,
  timestamp: '2026-01-01T00:00:00.000Z',
  xray_trace_id: '1-5759e988-bd862e3fe1be46a994272793',
};

export function countingLog(meter: Meter, service: string): Log {
  const line = (message: string, fields: Record<string, unknown>) => {
    meter.logLines++;
    meter.logged += Buffer.byteLength(JSON.stringify({ ...around, service, message, ...fields }));
  };
  return { info: line, warn: line, error: line };
}
