import { describe, expect, test } from 'vitest';
import { readEntry, readEvidence, readState } from '../../../lambda/contract/records.ts';
import type { Entry } from '../../../lambda/domain/history.ts';
import { initialState } from '../../../lambda/domain/state.ts';
import { commandFor, stateIn } from '../../support/state.ts';

const command = { action: 'start', serial: 4, attempt: 2, requestedAt: 7000 };
const stored = (phase: string, more: object = {}) => ({ ...initialState('api'), epoch: 3, phase, ...more });

describe('a state that an earlier version recorded', () => {
  test('nothing yet', () => {
    expect(readState('api', undefined)).toEqual(initialState('api'));
  });

  test.each([
    ['home', { command }, { command: { ...command, status: 'requested' } }],
    ['home', {}, {}],
    ['warming', { command, testing: true }, { command: { ...command, status: 'requested' }, testing: true }],
    ['warming', {}, { testing: false }],
    ['cooling', { command }, { command: { ...command, status: 'requested' } }],
    ['starting', { heldBy: 'eve', stuckIn: 3 }, { heldBy: 'eve', stuckTold: true }],
    ['starting', { stuckIn: 2 }, {}],
    ['serving', { heldBy: 'eve', verifiedAt: 9 }, { heldBy: 'eve', verifiedAt: 9 }],
    ['serving', { since: 8 }, { since: 8, verifiedAt: 0 }],
    ['draining', { command, heldBy: 'eve', testing: true, verifiedAt: 9 }, {}],
    ['stopping', { command, stuckIn: 3 }, { command: { ...command, status: 'requested' } }],
  ])('%s %j', (phase, more, expected) => {
    expect(readState('api', stored(phase, more))).toEqual(stored(phase, expected));
  });

  test.each([
    [{ id: 'c' }, { status: 'sent', id: 'c' }],
    [
      { id: 'c', retryAt: 9, failure: 'no image', hostUnreachable: false },
      { status: 'failed', cause: 'command', failure: 'no image', retryAt: 9 },
    ],
    [
      { retryAt: 9, failure: 'not registered', hostUnreachable: true },
      { status: 'failed', cause: 'host-unreachable', failure: 'not registered', retryAt: 9 },
    ],
    [
      { retryAt: 9, hostUnreachable: true },
      { status: 'failed', cause: 'host-off', failure: 'the host was off; it was asked to start', retryAt: 9 },
    ],
    [
      { retryAt: 9, hostUnreachable: true, noCapacity: true },
      { status: 'failed', cause: 'no-capacity', failure: 'there is no capacity for the host', retryAt: 9 },
    ],
  ])('a command with %j', (had, has) => {
    const { command: read } = readState('api', stored('stopping', { command: { ...command, ...had } })) as {
      command?: unknown;
    };
    expect(read).toEqual({ ...command, ...has });
  });
});

describe('what this version recorded', () => {
  test.each([
    stateIn('home', { command: commandFor('inspect') }),
    stateIn('warming', { testing: true, command: commandFor('start', { status: 'sent', id: 'c' }) }),
    stateIn('starting', { heldBy: 'eve', stuckTold: true }),
    stateIn('serving', { heldBy: 'eve', verifiedAt: 4 }),
    stateIn('draining'),
  ])('is read as it was: $phase', (state) => {
    expect(readState('api', JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
});

describe('evidence', () => {
  test('of an earlier version', () => {
    expect(readEvidence({ upAt: 3, nobodyAt: 4, stamps: { up: 5, nobody: 6 } })).toEqual({
      upAt: 3,
      unservedAt: 4,
      stamps: { up: 5, unserved: 6 },
    });
  });

  test('of this one, and none', () => {
    const evidence = { upAt: 3, unservedAt: 4, stamps: { up: 5, unserved: 6 } };
    expect(readEvidence(evidence)).toEqual(evidence);
    expect(readEvidence(undefined)).toEqual({});
  });
});

describe('entries', () => {
  const entry = (seen: object): Entry => ({ id: '1', kind: 'paused', seen }) as unknown as Entry;

  test.each([
    ['running', 'on'],
    ['stopped', 'off'],
    ['pending', 'starting'],
    ['shutting-down', 'stopping'],
    ['terminated', 'gone'],
  ])('a host that was %s was %s, in the history and in the outbox', (host, capacity) => {
    expect(readEntry(entry({ primary: 'up', host }))).toEqual(entry({ primary: 'up', capacity }));
    const outbox = [{ entry: entry({ primary: 'up', host }), claimedAt: 1 }];
    expect(readState('api', stored('home', { outbox })).outbox).toEqual([
      { entry: entry({ primary: 'up', capacity }), claimedAt: 1 },
    ]);
  });

  test('of this version, and without a sight', () => {
    const now = entry({ primary: 'up', capacity: 'on' });
    expect(readEntry(now)).toBe(now);
    const bare = { id: '1' } as Entry;
    expect(readEntry(bare)).toBe(bare);
  });
});
