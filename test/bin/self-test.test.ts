import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Cloud, selfTest } from '../../bin/self-test.ts';
import { reasons } from '../../lambda/messages.ts';

const lambda = mockClient(LambdaClient);
const table = mockClient(DynamoDBDocumentClient);
const said: string[] = [];
const cloud: Cloud = {
  lambda: new LambdaClient({}),
  table: DynamoDBDocumentClient.from(new DynamoDBClient({})),
  reconciler: 'r',
  tableName: 't',
  print: (line) => said.push(line),
  pauseSeconds: 0,
  limitSeconds: 0.2,
};

/** What the reconciler answers to each action, one after the other. */
function answers(all: Record<string, object[]>): void {
  lambda.on(InvokeCommand).callsFake(({ Payload }) => {
    const { action } = JSON.parse(String(Payload)).operator;
    const queue = all[action] ?? [];
    const answer = queue.length > 1 ? queue.shift() : queue[0];
    return { Payload: Buffer.from(JSON.stringify(answer)) };
  });
}

const home = { accepted: true, message: '', state: { phase: 'home', why: 'primary-healthy' } };
const begun = { accepted: true, message: '', state: { phase: 'warming', testedAt: 1000 } };
const refused = (message: string) => ({ accepted: false, message, state: { phase: 'serving' } });
const entry = (kind: string, at: number) => ({ kind, at, reason: kind, tookMilliseconds: 1700 });

beforeEach(() => {
  lambda.reset();
  table.reset();
  said.length = 0;
});

describe('the self-test at the end of a deployment', () => {
  it('passes when the history says that the standby answered', async () => {
    answers({ status: [home], 'self-test': [begun] });
    table
      .on(QueryCommand)
      .resolvesOnce({ Items: [entry('self-test-failed', 900)] })
      .resolves({ Items: [entry('self-test-passed', 1700), entry('self-test-failed', 900)] });
    expect(await selfTest(cloud, 'api', 'me')).toBe(true);
    expect(said).toEqual([`api: ${reasons['self-test-passed']} (1.7 s)`]);
  });

  it('fails when it did not', async () => {
    answers({ status: [home], 'self-test': [begun] });
    table.on(QueryCommand).resolves({ Items: [entry('self-test-failed', 1700)] });
    expect(await selfTest(cloud, 'api', 'me')).toBe(false);
    expect(said[0]).toContain('::error::api: the standby did not start');
  });

  it('fails when nothing is heard of it', async () => {
    answers({ status: [home], 'self-test': [begun] });
    table.on(QueryCommand).resolves({ Items: [] });
    expect(await selfTest(cloud, 'api', 'me')).toBe(false);
    expect(said[0]).toContain('no result');
  });

  it('waits while another one runs', async () => {
    answers({ status: [home], 'self-test': [refused(reasons['move-under-way']), begun] });
    table.on(QueryCommand).resolves({ Items: [entry('self-test-passed', 1700)] });
    expect(await selfTest(cloud, 'api', 'me')).toBe(true);
  });

  it('says why it was refused', async () => {
    answers({ status: [home], 'self-test': [refused(reasons['primary-not-healthy'])] });
    expect(await selfTest(cloud, 'api', 'me')).toBe(false);
    expect(said[0]).toContain(reasons['primary-not-healthy']);
  });

  it('only warns when the site was never set up', async () => {
    answers({ status: [{ ...home, state: { phase: 'home', why: 'never-heard' } }] });
    expect(await selfTest(cloud, 'api', 'me')).toBe(true);
    expect(said[0]).toContain('::warning::api: not tested');
  });
});
