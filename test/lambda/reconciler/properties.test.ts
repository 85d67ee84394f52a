import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { OperatorRequest } from '../../../lambda/domain/observation.ts';
import { siteOf } from '../../../lambda/domain/phase.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import { heldByOf } from '../../../lambda/domain/state.ts';
import { reconcile } from '../../../lambda/reconciler/reconcile.ts';
import { InMemory } from '../../support/in-memory.ts';
import { policy } from '../../support/policy.ts';

/** Sequences over the real loop with ports in memory: whatever may happen, in any order, any number of times. */
const step = fc.record({
  seconds: fc.integer({ min: 0, max: 90 }),
  primary: fc.constantFrom<'up' | 'down'>('up', 'down'),
  says: fc.constantFrom('truth', 'truth', 'late', 'repeat', 'nothing'),
  host: fc.constantFrom('works', 'works', 'idle', 'fails', 'overtakes', 'dies', 'stops'),
  nudges: fc.integer({ min: 0, max: 3 }),
  /** Which call of a port kills its caller, if it gets that far; before or after the call took effect. */
  crash: fc.record({ at: fc.integer({ min: 0, max: 40 }), when: fc.constantFrom('before', 'after') }),
  request: fc.option(
    fc.constantFrom<OperatorRequest>(
      { action: 'pause', seconds: 100, why: 'works', by: 'eve' },
      { action: 'resume', by: 'eve' },
      { action: 'acknowledge', by: 'eve' },
      { action: 'switchover', by: 'eve' },
      { action: 'failover', by: 'eve' },
      { action: 'failback', by: 'eve' },
      { action: 'self-test', by: 'eve' },
    ),
    { freq: 8 },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

const policies: Policy[] = [
  policy,
  { ...policy, startOnSuspicion: true },
  { ...policy, pilotLight: true, selfTestSeconds: 2000, instanceTypes: ['a.b', 'c.d'] },
];

let steps = 0;
afterAll(() => console.log(`random steps: ${steps}`));

const crashed = new Error('crashed');

/** Nudges at once; a crash kills whoever makes that call. */
async function nudge(world: InMemory, by: Policy, { nudges, crash, request }: Step): Promise<void> {
  let calls = 0;
  world.sabotage = (call) => {
    if (call.startsWith(crash.when) && ++calls === crash.at) throw crashed;
  };
  const looks = Array.from({ length: nudges }, (_, i) =>
    reconcile('api', world.ports, by, i === 0 && request ? { request, isThorough: true } : {}),
  );
  for (const look of await Promise.allSettled(looks)) {
    if (look.status === 'rejected' && !String(look.reason).includes('crashed')) throw look.reason;
  }
  world.sabotage = () => {};
}

function happen(world: InMemory, one: Step, lastSeen: number): void {
  world.now += one.seconds * 1000;
  if (one.says === 'truth') say(world, one.primary, world.now);
  if (one.says === 'late') say(world, one.primary, world.now - 20_000);
  if (one.says === 'repeat') say(world, one.primary, lastSeen);
  if (one.host === 'works') world.runCommand();
  if (one.host === 'fails') world.runCommand({ fails: true });
  if (one.host === 'overtakes') world.runCommand({ overtakes: true });
  if (one.host === 'dies') world.standbyRuns = false;
  if (one.host === 'stops') {
    world.machine = 'off';
    world.standbyRuns = false;
  }
}

function say(world: InMemory, primary: 'up' | 'down', at: number): void {
  if (primary === 'down') world.observe('suspect', at);
  world.observe(primary, at);
}

/** A world that is well again: the right site must serve, and nothing must go on happening. */
async function settle(world: InMemory, primary: 'up' | 'down', by: Policy): Promise<void> {
  // A self-test that is due just then is seen through: it is nothing that goes on for ever.
  const isTesting = () => ['warming', 'cooling'].includes(world.state.value.phase);
  for (let passed = 0; passed < 4000 || (isTesting() && passed < 5000); passed += 20) {
    world.now += 20_000;
    say(world, primary, world.now);
    while (world.sent.some(({ outcome }) => outcome === 'in-progress')) world.runCommand();
    await reconcile('api', world.ports, by, { isThorough: true });
  }
}

it('never two in charge of one epoch, never back, never stopped without proof, and never stuck', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 80, maxLength: 80 }),
      fc.constantFrom(...policies),
      fc.constantFrom<'up' | 'down'>('up', 'down'),
      async (all, by, primary) => {
        const world = new InMemory();
        const sites = new Map<number, string>();
        let lastSeen = world.now;
        for (const one of all) {
          steps += 1;
          const { epoch, pause } = world.state.value;
          const sentBefore = world.sent.length;
          happen(world, one, lastSeen);
          if (one.says === 'truth') lastSeen = world.now;
          const wasPaused = pause !== undefined && world.now < pause.until;
          await nudge(world, by, one);
          const after = world.state.value;
          expect(after.epoch).toBeGreaterThanOrEqual(epoch);
          expect(sites.get(after.epoch) ?? siteOf(after.phase)).toBe(siteOf(after.phase));
          sites.set(after.epoch, siteOf(after.phase));
          if (wasPaused && !one.request) expect(after.epoch).toBe(epoch);
          const stops = world.sent.slice(sentBefore).filter(({ action }) => action === 'stop');
          if (stops.some(({ attempt }) => attempt === 1) && after.phase === 'stopping')
            expect(world.now - (world.seen.upAt ?? 0)).toBeLessThanOrEqual(by.heartbeatTimeoutSeconds * 1000);
        }
        const serials = world.sent.map(({ serial }) => serial);
        expect(serials).toEqual([...new Set(serials)].sort((a, b) => a - b));
        await settle(world, primary, by);
        const { phase } = world.state.value;
        const heldBy = heldByOf(world.state.value);
        const expected = primary === 'up' && heldBy === undefined ? 'primary' : 'standby';
        expect({ site: siteOf(phase), runs: world.standbyRuns }).toEqual({
          site: expected,
          runs: expected === 'standby',
        });
      },
    ),
    { numRuns: 1300 },
  );
});
