import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { siteOf } from '../../../lambda/domain/decide.ts';
import { reconcile } from '../../../lambda/reconciler/reconcile.ts';
import { policy } from '../../support/policy.ts';
import { World } from '../../support/world.ts';

const nudge = (world: World) => reconcile('api', world.ports, policy);
const phase = (world: World) => world.state.value.phase;

/** Time passes, the site says how the primary is, the host works, and somebody looks. */
async function live(world: World, primary: 'up' | 'down', seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 5) {
    world.now += 5000;
    world.observe(primary);
    world.runCommand();
    await nudge(world);
  }
}

describe('a failover and the way home', () => {
  it('starts the standby once, tells people, and comes home after cooldown, stability and drain', async () => {
    const world = new World();
    await live(world, 'up', 10);
    expect(phase(world)).toBe('home');
    await live(world, 'down', 10);
    expect(phase(world)).toBe('serving');
    expect(world.standbyRuns).toBe(true);
    await live(world, 'up', 600);
    expect(phase(world)).toBe('home');
    expect(world.standbyRuns).toBe(false);
    expect(world.state.value.epoch).toBe(2);
    expect(world.sent.map(({ action, epoch }) => `${action} ${epoch}`)).toEqual(['start 1', 'stop 2']);
    const kinds = ['failover-started', 'failover-completed', 'failback-started', 'failback-completed'];
    expect(world.told.map(({ kind }) => kind)).toEqual(kinds);
    expect([...world.history.values()].map(({ kind }) => kind)).toEqual(kinds);
    expect(world.state.value.outbox).toEqual([]);
  });

  it('never stops the standby because the monitoring died', async () => {
    const world = new World();
    await live(world, 'down', 10);
    for (let i = 0; i < 1000; i++) {
      world.now += 60_000;
      await nudge(world);
    }
    expect(phase(world)).toBe('serving');
    expect(world.standbyRuns).toBe(true);
  });

  it('starts a stopped host first', async () => {
    const world = new World();
    world.hostState = 'stopped';
    await live(world, 'down', 60);
    expect(phase(world)).toBe('serving');
    expect(world.told.map(({ kind }) => kind)).toContain('host-starting');
  });

  it('does not let unknown host or command state keep it from deciding', async () => {
    const world = new World();
    world.hostState = 'stopped';
    world.sabotage = (call) => {
      if (call === 'before host.state') throw new Error('throttled');
    };
    await live(world, 'down', 20);
    world.hostState = 'running';
    await live(world, 'down', 60);
    expect(phase(world)).toBe('serving');
  });
});

describe('when a nudge changes nothing', () => {
  it('repeating it writes nothing', async () => {
    const world = new World();
    await live(world, 'down', 10);
    const { revision } = world.state;
    for (let i = 0; i < 10; i++) await nudge(world);
    expect(world.state.revision).toBe(revision);
  });

  it('two deciders at once send one command and one mail', async () => {
    const world = new World();
    world.observe('down');
    await Promise.all(Array.from({ length: 8 }, () => nudge(world)));
    expect(world.sent.map(({ action }) => action)).toEqual(['start']);
    expect(world.told.map(({ kind }) => kind)).toEqual(['failover-started']);
  });
});

describe('a failing effect', () => {
  it('is told to the caller, kept, and delivered later', async () => {
    const world = new World();
    world.observe('down');
    world.sabotage = (call) => {
      if (call === 'before notifier') throw new Error('SNS is away');
    };
    await expect(nudge(world)).rejects.toThrow(/SNS is away/);
    expect(world.sent).toHaveLength(1);
    world.sabotage = () => {};
    await live(world, 'down', 30);
    expect(world.told.map(({ kind }) => kind).sort()).toEqual(['failover-completed', 'failover-started']);
  });
});

const calls = [
  'states.load',
  'states.save',
  'evidence.load',
  'standby.send',
  'standby.report',
  'history',
  'notifier',
];
const crashes = calls.flatMap((call) => [`before ${call}`, `after ${call}`]);

describe('a crash', () => {
  test.each(crashes)('%s, at any time it happens: the world ends where it should', async (crash) => {
    for (let at = 1; at <= 6; at++) {
      const world = new World();
      let seen = 0;
      world.sabotage = (call) => {
        if (call === crash && ++seen === at) throw new Error('crashed');
      };
      const primaries = ['up', 'down', 'up'] as const;
      for (const primary of primaries) {
        for (let step = 0; step < 160; step++) {
          await live(world, primary, 5).catch((error: unknown) => {
            if (!String(error).includes('crashed')) throw error;
          });
        }
        expect({ crash, at, site: siteOf(phase(world)), runs: world.standbyRuns }).toEqual({
          crash,
          at,
          site: primary === 'up' ? 'primary' : 'standby',
          runs: primary === 'down',
        });
      }
    }
  });
});

describe('properties', () => {
  const step = fc.record({
    seconds: fc.integer({ min: 0, max: 90 }),
    says: fc.constantFrom<'up' | 'down' | 'nothing'>('up', 'down', 'nothing'),
    hostWorks: fc.boolean(),
    nudges: fc.integer({ min: 0, max: 3 }),
  });

  it('epoch never goes back, one action per epoch, and never a stop without fresh proof of health', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const world = new World();
        let epoch = 0;
        for (const { seconds, says, hostWorks, nudges } of steps) {
          world.now += seconds * 1000;
          if (says !== 'nothing') world.observe(says);
          if (hostWorks) world.runCommand();
          const before = world.sent.length;
          await Promise.all(Array.from({ length: nudges }, () => nudge(world)));
          expect(world.state.value.epoch).toBeGreaterThanOrEqual(epoch);
          epoch = world.state.value.epoch;
          const firstStops = world.sent
            .slice(before)
            .filter(({ action, attempt }) => action === 'stop' && attempt === 1);
          for (const _ of firstStops) expect(world.now - (world.seen.upAt ?? 0)).toBeLessThanOrEqual(45_000);
        }
        const actions = new Map<number, string>();
        for (const { epoch: of, action } of world.sent) {
          expect(actions.get(of) ?? action).toBe(action);
          actions.set(of, action);
        }
      }),
      { numRuns: 500 },
    );
  });
});
