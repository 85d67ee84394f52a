import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { documentClient, dynamoStateStore } from '../../../lambda/adapters/dynamodb.ts';
import type { Sighting } from '../../../lambda/domain/evidence.ts';
import { reconcile } from '../../../lambda/reconciler/reconcile.ts';
import { InMemory } from '../../support/in-memory.ts';
import { policy } from '../../support/policy.ts';

const aws = mockClient(DynamoDBDocumentClient);
const store = dynamoStateStore(documentClient(new DynamoDBClient({})), 'table');

const now = new InMemory().now;

/**
 * What the first release recorded: no serial numbers, no reason, no list of failovers, and a moment of the
 * last one in a field that has gone since.
 */
const recorded = (phase: string, command?: { action: string; id?: string }) => ({
  service: 'api',
  epoch: 4,
  phase,
  since: now - 60_000,
  decidedAt: now - 60_000,
  failoverCompletedAt: now - 50_000,
  ...(command && { command: { attempt: 1, requestedAt: now - 60_000, ...command } }),
  outbox: [
    {
      entry: {
        id: '00000004-00000007',
        service: 'api',
        kind: 'failover-started',
        epoch: 4,
        at: now - 60_000,
        reason: 'primary-down',
      },
      claimedAt: now - 60_000,
    },
  ],
  nextEntry: 8,
});

/** Goes on from a record of the first release with today's code, in a world that says the same all the time. */
async function goOn(
  record: object,
  kind: Exclude<Sighting['kind'], 'traffic'>,
  until: string,
): Promise<InMemory> {
  aws.on(GetCommand).resolves({ Item: { value: record, revision: 31 } });
  const world = new InMemory();
  world.state = await store.load('api');
  for (let step = 0; step < 200 && (step === 0 || world.state.value.phase !== until); step++) {
    world.now += 5000;
    world.observe(kind);
    world.runCommand();
    await reconcile('api', world.ports, policy, { isThorough: true });
  }
  return world;
}

describe('a state that the first release recorded is taken over', () => {
  it.each([
    ['at home, with a healthy primary', recorded('home'), 'up', 'home'],
    ['at home, with a primary that is down', recorded('home'), 'down', 'serving'],
    ['while the standby starts', recorded('starting', { action: 'start', id: 'old' }), 'down', 'serving'],
    ['before the start was dispatched', recorded('starting', { action: 'start' }), 'down', 'serving'],
    ['on the standby, and the primary is back', recorded('serving'), 'up', 'home'],
    ['while it drains', recorded('draining'), 'up', 'home'],
    ['while the standby stops', recorded('stopping', { action: 'stop', id: 'old' }), 'up', 'home'],
  ] as const)('%s', async (_, record, kind, end) => {
    const { state, told, standbyRuns } = await goOn(record, kind, end);
    expect(state.value.phase).toBe(end);
    expect(standbyRuns).toBe(end === 'serving');
    expect(state.revision).toBeGreaterThan(31);
    // The mail that was still to be sent is sent, once.
    expect(told.filter(({ id }) => id === '00000004-00000007')).toHaveLength(1);
  });
});
