/**
 * Starts the standby of each service to see whether it would start, and waits for the result:
 * `npm run self-test -- --outputs FILE --by WHO`, with the file that `cdk deploy --outputs-file` wrote.
 * For the end of a deployment. Exit code 0 if every standby answered, 1 if not, 2 for a mistake in the call.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Entry, State } from '../lambda/domain/types.ts';
import { reasons } from '../lambda/messages.ts';
import { loadConfig } from '../lib/config/load.ts';

type Answer = { readonly accepted: boolean; readonly message: string; readonly state: State };
export type Cloud = {
  readonly lambda: LambdaClient;
  readonly table: DynamoDBDocumentClient;
  /** Names of the function and the table. */
  readonly reconciler: string;
  readonly tableName: string;
  readonly print: (line: string) => void;
  readonly pauseSeconds: number;
  readonly limitSeconds: number;
};

/** What the answer says while another self-test, or a move, is under way. */
const busy = reasons['move-under-way'];

/** @returns whether the standby answered its health path; true too for a site that is not set up yet, which is said */
export async function selfTest(cloud: Cloud, service: string, by: string): Promise<boolean> {
  const deadline = Date.now() + cloud.limitSeconds * 1000;
  const { state } = await ask(cloud, { service, action: 'status', by });
  if (state.why === 'never-heard') {
    cloud.print(`::warning::${service}: not tested, because ${reasons['never-heard']}`);
    return true;
  }
  const askedAt = await request(cloud, service, by, deadline);
  if (askedAt === undefined) return false;
  for (;;) {
    const result = await resultSince(cloud, service, askedAt);
    if (result) {
      const took = ((result.tookMilliseconds ?? 0) / 1000).toFixed(1);
      const passed = result.kind === 'self-test-passed';
      cloud.print(
        `${passed ? '' : '::error::'}${service}: ${reasons[result.reason]} (${took} s)${result.detail ? `: ${result.detail}` : ''}`,
      );
      return passed;
    }
    if (Date.now() >= deadline) {
      cloud.print(`::error::${service}: no result of the self-test after ${cloud.limitSeconds} s`);
      return false;
    }
    await delay(cloud.pauseSeconds * 1000);
  }
}

/** @returns Unix milliseconds of the accepted request; undefined if it was refused, which is said */
async function request(
  cloud: Cloud,
  service: string,
  by: string,
  deadline: number,
): Promise<number | undefined> {
  for (;;) {
    const { accepted, message, state } = await ask(cloud, { service, action: 'self-test', by });
    if (accepted && state.testedAt !== undefined) return state.testedAt;
    if (message !== busy || Date.now() >= deadline) {
      cloud.print(`::error::${service}: the self-test was refused: ${message} (phase ${state.phase})`);
      return undefined;
    }
    await delay(cloud.pauseSeconds * 1000);
  }
}

async function ask({ lambda, reconciler }: Cloud, operator: Record<string, string>): Promise<Answer> {
  const Payload = JSON.stringify({ operator });
  const { FunctionError, Payload: answer } = await lambda.send(
    new InvokeCommand({ FunctionName: reconciler, Payload }),
  );
  const text = Buffer.from(answer ?? []).toString('utf8');
  if (FunctionError) throw new Error(`${reconciler}: ${operator.action} failed: ${text}`);
  return JSON.parse(text) as Answer;
}

async function resultSince(
  { table, tableName }: Cloud,
  service: string,
  since: number,
): Promise<Entry | undefined> {
  const { Items = [] } = await table.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': `history#${service}` },
      ScanIndexForward: false,
      Limit: 20,
      ConsistentRead: true,
    }),
  );
  const ends = new Set(['self-test-passed', 'self-test-failed']);
  return (Items as Entry[]).find(({ kind, at }) => ends.has(kind) && at >= since);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      outputs: { type: 'string' },
      by: { type: 'string' },
      config: { type: 'string', default: 'failover.yaml' },
    },
  });
  if (!values.outputs || !values.by) {
    console.error(
      'received no --outputs FILE or no --by WHO; expected both: the file that cdk deploy wrote, and who asks',
    );
    return 2;
  }
  const config = loadConfig(values.config);
  const outputs = Object.assign({}, ...Object.values(JSON.parse(readFileSync(values.outputs, 'utf8'))));
  if (!outputs.TableName) {
    console.error(
      `${values.outputs}: received no output TableName; expected the outputs of ${config.name}-failover`,
    );
    return 2;
  }
  const cloud: Cloud = {
    lambda: new LambdaClient({ region: config.region }),
    table: DynamoDBDocumentClient.from(new DynamoDBClient({ region: config.region })),
    reconciler: outputs.ReconcilerName ?? `${config.name}-reconciler`,
    tableName: outputs.TableName,
    print: console.log,
    pauseSeconds: 5,
    // A host that sleeps too may take ten minutes (lambda/domain/upkeep.ts).
    limitSeconds: 900,
  };
  let passed = true;
  for (const { name } of config.services) passed = (await selfTest(cloud, name, values.by)) && passed;
  return passed ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
