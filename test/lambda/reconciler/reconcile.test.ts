import { describe, expect, it, test } from 'vitest';
import { siteOf } from '../../../lambda/domain/phase.ts';
import { reconcile } from '../../../lambda/reconciler/reconcile.ts';
import { InMemory } from '../../support/in-memory.ts';
import { policy } from '../../support/policy.ts';

const early = { ...policy, startOnSuspicion: true };
const nudge = (world: InMemory, by = policy) => reconcile('api', world.ports, by);
const phase = (world: InMemory) => world.state.value.phase;

/** Time passes, the site says how the primary is, the host works, and somebody looks. */
async function live(world: InMemory, primary: 'up' | 'down', seconds: number, by = policy): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 5) {
    world.now += 5000;
    if (primary === 'down') world.observe('suspect');
    world.observe(primary);
    world.runCommand();
    await nudge(world, by);
  }
}

describe('a failover and the way home', () => {
  it('starts the standby once, tells people, and comes home after cooldown, stability and drain', async () => {
    const world = new InMemory();
    await live(world, 'up', 10);
    expect(phase(world)).toBe('home');
    await live(world, 'down', 10);
    expect(phase(world)).toBe('serving');
    expect(world.standbyRuns).toBe(true);
    await live(world, 'up', 600);
    expect(phase(world)).toBe('home');
    expect(world.standbyRuns).toBe(false);
    expect(world.state.value.epoch).toBe(2);
    // Every now and then the standby that serves is asked whether it still does.
    const starts = world.sent.filter(({ action }) => action === 'start');
    expect(starts.length).toBeGreaterThan(2);
    expect(new Set(starts.map(({ epoch }) => epoch))).toEqual(new Set([1]));
    expect(world.sent.filter(({ action }) => action === 'stop').map(({ epoch }) => epoch)).toEqual([2]);
    const kinds = ['failover-started', 'failover-completed', 'failback-started', 'failback-completed'];
    expect(world.told.map(({ kind }) => kind)).toEqual(kinds);
    const kept = [...world.history.values()];
    expect(kept.filter(({ quiet }) => !quiet).map(({ kind }) => kind)).toEqual(kinds);
    // The audit knows why it took so long, which nobody need be told.
    const refusals = kept.filter(({ kind }) => kind === 'refused').map(({ reason }) => reason);
    expect(refusals).toEqual(['primary-not-yet-stable', 'cooldown-active']);
    expect(world.state.value.outbox).toEqual([]);
  });

  it('never stops the standby because the monitoring died', async () => {
    const world = new InMemory();
    await live(world, 'down', 10);
    for (let i = 0; i < 1000; i++) {
      world.now += 60_000;
      await nudge(world);
    }
    expect(phase(world)).toBe('serving');
    expect(world.standbyRuns).toBe(true);
  });

  it('restarts a standby that died while it serves, and tells people', async () => {
    const world = new InMemory();
    await live(world, 'down', 10);
    world.standbyRuns = false;
    world.now += 1000;
    world.observe('unserved');
    await live(world, 'down', 10);
    expect({ runs: world.standbyRuns, epoch: world.state.value.epoch }).toEqual({ runs: true, epoch: 1 });
    expect(world.told.map(({ kind }) => kind)).toContain('standby-restarted');
  });

  it('fails over for a dark site only if a witness sees nobody either', async () => {
    for (const witness of [undefined, 'reachable', 'unreachable'] as const) {
      const world = new InMemory();
      world.witness = witness;
      await live(world, 'up', 10);
      for (let minute = 0; minute < 5; minute++) {
        world.now += 60_000;
        await nudge(world);
        world.runCommand();
      }
      expect(phase(world)).toBe(witness === 'unreachable' ? 'serving' : 'home');
      const told = world.told.filter(({ kind }) => kind === 'site-silent').map(({ reason }) => reason);
      // Once it serves, nobody asks the witness any more.
      expect(told).toEqual([witness === 'reachable' ? 'alertmanager-dead' : 'site-silent']);
    }
  });

  it('does not ask the witness while the site speaks, nor when the standby serves', async () => {
    const world = new InMemory();
    const asked: string[] = [];
    world.sabotage = (call) => asked.push(call);
    await live(world, 'up', 10);
    await live(world, 'down', 10);
    world.now += 600_000;
    await nudge(world);
    expect(asked).not.toContain('before witness');
  });

  it('starts a stopped host first', async () => {
    const world = new InMemory();
    world.machine = 'off';
    await live(world, 'down', 60);
    expect(phase(world)).toBe('serving');
    expect(world.told.map(({ kind }) => kind)).toContain('host-starting');
  });

  it('does not let unknown host or command state keep it from deciding', async () => {
    const world = new InMemory();
    world.machine = 'off';
    world.sabotage = (call) => {
      if (call === 'before capacity.state') throw new Error('throttled');
    };
    await live(world, 'down', 20);
    world.machine = 'on';
    await live(world, 'down', 60);
    expect(phase(world)).toBe('serving');
  });
});

describe('pilot light', () => {
  const asleep = { ...policy, pilotLight: true, instanceTypes: ['t3.small', 't3a.small'] };

  it('starts the instance at once, another type if need be, and stops it again when it is idle', async () => {
    const world = new InMemory();
    world.machine = 'off';
    world.shortages = 1;
    await live(world, 'up', 10, asleep);
    expect(world.sent).toEqual([]);
    await live(world, 'down', 60, asleep);
    expect({ phase: phase(world), runs: world.standbyRuns }).toEqual({ phase: 'serving', runs: true });
    expect(world.instanceTypes).toEqual(['t3.small', 't3a.small']);
    expect(world.told.map(({ kind }) => kind)).toContain('no-capacity');
    await live(world, 'up', 600, asleep);
    expect({ phase: phase(world), host: world.machine }).toEqual({ phase: 'home', host: 'on' });
    await live(world, 'up', 500, asleep);
    expect(world.machine).toBe('off');
  });
});

describe('a self-test', () => {
  const tested = { ...policy, selfTestSeconds: 5000 };

  it('starts the standby, stops it again, and tells people, each time it is due', async () => {
    const world = new InMemory();
    await live(world, 'up', 60, tested);
    expect({ phase: phase(world), runs: world.standbyRuns }).toEqual({ phase: 'home', runs: false });
    expect(world.told.map(({ kind }) => kind)).toEqual(['self-test-passed']);
    await live(world, 'up', 5000, tested);
    expect(world.told.map(({ kind }) => kind)).toEqual(['self-test-passed', 'self-test-passed']);
    expect(world.state.value.epoch).toBe(0);
  });
});

describe('an operator', () => {
  const ask = (world: InMemory, action: 'switchover' | 'failback' | 'failover') =>
    reconcile('api', world.ports, policy, { request: { action, by: 'eve' } });

  it('switches over, and it stays there until a failback is asked for', async () => {
    const world = new InMemory();
    await live(world, 'up', 10);
    expect((await ask(world, 'switchover')).answer).toEqual({ accepted: true });
    await live(world, 'up', 3600);
    expect({ phase: phase(world), why: world.state.value.why }).toEqual({
      phase: 'serving',
      why: 'held-by-operator',
    });
    expect((await ask(world, 'failback')).answer).toEqual({ accepted: true });
    await live(world, 'up', 60);
    expect({ phase: phase(world), runs: world.standbyRuns }).toEqual({ phase: 'home', runs: false });
  });

  it('is answered once, however often the write is lost', async () => {
    const world = new InMemory();
    world.observe('up');
    const answers = await Promise.all([
      ask(world, 'failover'),
      ask(world, 'failover'),
      ask(world, 'failover'),
    ]);
    expect(answers.filter(({ answer }) => answer?.accepted)).toHaveLength(1);
    expect(world.state.value.epoch).toBe(1);
  });
});

describe('when a nudge changes nothing', () => {
  it('repeating it writes nothing', async () => {
    const world = new InMemory();
    await live(world, 'down', 10);
    const { revision } = world.state;
    for (let i = 0; i < 10; i++) await nudge(world);
    expect(world.state.revision).toBe(revision);
  });

  it('whoever brings nothing new leaves a lost race at once; whoever brings a request does not', async () => {
    const world = new InMemory();
    const pauses: number[] = [];
    const raced = {
      ...world.ports,
      pause: async (milliseconds: number) => void pauses.push(milliseconds),
      states: { ...world.ports.states, save: async () => false },
    };
    world.observe('down');
    expect(await reconcile('api', raced, policy)).toBeUndefined();
    expect(pauses).toEqual([]);
    const request = { action: 'failover', by: 'eve' } as const;
    await expect(reconcile('api', raced, policy, { request })).rejects.toThrow('others came first 12 times');
    expect(pauses).toHaveLength(12);
  });

  it('what a nudge has claimed is delivered also if others come first ever after', async () => {
    const world = new InMemory();
    let saves = 0;
    const raced = {
      ...world.ports,
      states: {
        ...world.ports.states,
        save: async (...args: Parameters<typeof world.ports.states.save>) =>
          saves++ === 0 && world.ports.states.save(...args),
      },
    };
    world.observe('down');
    await expect(reconcile('api', raced, policy)).rejects.toThrow('others came first');
    expect(world.told.map(({ kind }) => kind)).toEqual(['failover-started']);
  });

  it('two deciders at once send one command and one mail', async () => {
    const world = new InMemory();
    world.observe('down');
    await Promise.all(Array.from({ length: 8 }, () => nudge(world)));
    expect(world.sent.map(({ action }) => action)).toEqual(['start']);
    expect(world.told.map(({ kind }) => kind)).toEqual(['failover-started']);
  });
});

describe('a suspicion', () => {
  it('that passes starts and stops the standby, and is no failover', async () => {
    const world = new InMemory();
    await live(world, 'up', 5, early);
    world.now += 1000;
    world.observe('suspect');
    await nudge(world, early);
    // The host was looking for drift when the start came.
    world.runCommand();
    world.runCommand();
    await nudge(world, early);
    expect({ runs: world.standbyRuns, phase: phase(world) }).toEqual({ runs: true, phase: 'warming' });
    await live(world, 'up', 30, early);
    expect({ runs: world.standbyRuns, phase: phase(world) }).toEqual({ runs: false, phase: 'home' });
    expect(world.state.value.epoch).toBe(0);
    expect(world.told).toEqual([]);
    expect([...world.history.values()].map(({ kind }) => kind)).toEqual([
      'standby-warmed',
      'suspicion-passed',
    ]);
  });

  it('that lasts is a failover, with the standby already up', async () => {
    const world = new InMemory();
    await live(world, 'up', 5, early);
    await live(world, 'down', 15, early);
    expect({ runs: world.standbyRuns, phase: phase(world), epoch: world.state.value.epoch }).toEqual({
      runs: true,
      phase: 'serving',
      epoch: 1,
    });
  });

  it('that comes again and again starts the standby at most once a minute', async () => {
    const world = new InMemory();
    for (let i = 0; i < 60; i++) {
      world.now += 1000;
      world.observe('suspect');
      await nudge(world, early);
      world.runCommand();
      world.now += 1000;
      world.observe('up');
      await nudge(world, early);
      world.runCommand();
      await nudge(world, early);
    }
    expect(world.sent.filter(({ action }) => action === 'start')).toHaveLength(2);
    expect(world.state.value.epoch).toBe(0);
  });
});

describe('a failing effect', () => {
  it('is told to the caller, kept, and delivered later', async () => {
    const world = new InMemory();
    world.observe('down');
    world.sabotage = (call) => {
      if (call === 'before mail') throw new Error('SNS is away');
    };
    await expect(nudge(world)).rejects.toThrow(/SNS is away/);
    expect(world.sent).toHaveLength(1);
    world.sabotage = () => {};
    await live(world, 'down', 30);
    expect(world.told.map(({ kind }) => kind).sort()).toEqual(['failover-completed', 'failover-started']);
  });
});

describe('people are told, and nobody waits for that', () => {
  const hanging = (world: InMemory) => {
    const ports = world.ports;
    return { ...ports, channels: { ...ports.channels, mail: () => new Promise<void>(() => {}) } };
  };

  it('C1: a failover is decided, commanded and recorded while every mail hangs', async () => {
    const world = new InMemory();
    world.observe('down');
    void reconcile('api', hanging(world), policy);
    await expect.poll(() => world.sent.map(({ outcome }) => outcome)).toEqual(['in-progress']);
    world.runCommand();
    world.now += 1000;
    world.observe('down');
    void reconcile('api', hanging(world), policy);
    await expect.poll(() => phase(world)).toBe('serving');
    const waiting = world.state.value.outbox.map(({ entry }) => entry.kind);
    expect(waiting).toEqual(['failover-started', 'failover-completed']);
  });

  it('C1: of many that wait, no more are tried than fit into a few seconds', async () => {
    const world = new InMemory();
    const failing = {
      ...world.ports,
      channels: {
        ...world.ports.channels,
        mail: async () => {
          world.now += 4000;
          throw new Error('no answer');
        },
      },
    };
    for (let count = 0; count < 6; count++) {
      const request = { action: 'pause', seconds: 600, why: `${count}`, by: 'ops' } as const;
      await reconcile('api', failing, policy, { request });
    }
    world.now += 60_000;
    const before = world.now;
    await expect(reconcile('api', failing, policy)).rejects.toThrow('no answer');
    expect(world.now - before).toBeLessThanOrEqual(8000);
    expect(world.state.value.outbox).toHaveLength(6);
    world.now += 60_000;
    await nudge(world);
    expect(world.told.map(({ detail }) => detail?.slice(-1))).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('C1: who asks for something is answered although people cannot be told of it', async () => {
    const world = new InMemory();
    world.sabotage = (call) => {
      if (call === 'before mail') throw new Error('SNS is away');
    };
    const request = { action: 'failover', by: 'ops' } as const;
    const { answer } = await reconcile('api', world.ports, policy, { request });
    expect(answer).toEqual({ accepted: true });
  });

  it.each([
    ['history', () => 0],
    ['mail', (world: InMemory) => world.history.size],
  ])('C3: with %s away for ten minutes, each other channel is told once', async (away, others) => {
    const world = new InMemory();
    world.sabotage = (call) => {
      if (call === `before ${away}`) throw new Error(`${away} is away`);
    };
    for (let passed = 0; passed < 600; passed += 5) await live(world, 'down', 5).catch(() => {});
    const told = world.told.map(({ kind }) => kind);
    expect(told).toEqual(away === 'history' ? ['failover-started', 'failover-completed'] : []);
    expect(others(world)).toBe(away === 'history' ? 0 : 2);
    world.sabotage = () => {};
    await live(world, 'down', 40);
    expect(world.told.map(({ kind }) => kind)).toEqual(['failover-started', 'failover-completed']);
    expect(world.history.size).toBe(2);
    expect(world.state.value.outbox).toEqual([]);
  });
});

const calls = [
  'states.load',
  'states.save',
  'evidence.load',
  'standby.send',
  'standby.report',
  'history',
  'mail',
];
const crashes = calls.flatMap((call) => [`before ${call}`, `after ${call}`]);

describe('a crash', () => {
  const cases = crashes.flatMap((crash) => [
    { crash, by: policy },
    { crash, by: early },
  ]);
  test.each(cases)(
    '$crash, at any time it happens, start on suspicion $by.startOnSuspicion',
    async ({ crash, by }) => {
      for (let at = 1; at <= 6; at++) {
        const world = new InMemory();
        let seen = 0;
        world.sabotage = (call) => {
          if (call === crash && ++seen === at) throw new Error('crashed');
        };
        const primaries = ['up', 'down', 'up'] as const;
        for (const primary of primaries) {
          for (let step = 0; step < 160; step++) {
            await live(world, primary, 5, by).catch((error: unknown) => {
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
    },
  );
});
