import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Evidence, fold, type Health, type Sighting } from '../../../lambda/domain/evidence.ts';
import { primaryHealth, seenOf } from '../../../lambda/domain/health.ts';
import type { Seen } from '../../../lambda/domain/history.ts';
import type { Observation } from '../../../lambda/domain/observation.ts';
import { policy } from '../../support/policy.ts';

const s = 1000;
const up = (at: number): Sighting => ({ kind: 'up', observedAt: at * s });
const down = (at: number): Sighting => ({ kind: 'down', observedAt: at * s });
const suspect = (at: number): Sighting => ({ kind: 'suspect', observedAt: at * s });
const foldAll = (sightings: readonly Sighting[]) =>
  sightings.reduce<Evidence>((all, one) => fold(all, one, policy.heartbeatTimeoutSeconds), {});

describe('what the evidence proves', () => {
  const now = 1000 * s;
  test.each<[string, Evidence, Health]>([
    ['nothing was ever said', {}, 'unknown'],
    ['a fresh down', { downAt: now }, 'down'],
    ['a down at the end of its lease', { downAt: now - 30 * s }, 'down'],
    ['a down whose lease has run out', { downAt: now - 30 * s - 1 }, 'unknown'],
    ['a fresh suspicion', { suspectAt: now, upAt: now - 1 }, 'suspected'],
    ['a suspicion that is too old', { suspectAt: now - 31 * s, upAt: now - 32 * s }, 'unknown'],
    ['a suspicion that an up has lifted', { suspectAt: now - 2, upAt: now - 1 }, 'up'],
    ['a down and a newer suspicion', { downAt: now - 2, suspectAt: now - 1, upAt: now - 3 }, 'down'],
    [
      'a down whose lease has run out, and a fresh suspicion',
      { downAt: now - 31 * s, suspectAt: now },
      'suspected',
    ],
    ['a fresh up', { upAt: now }, 'up'],
    ['an up at the end of its time', { upAt: now - 45 * s }, 'up'],
    ['an up that is too old', { upAt: now - 45 * s - 1 }, 'unknown'],
    ['an up newer than a fresh down', { downAt: now - 2, upAt: now - 1 }, 'up'],
    ['a down newer than a fresh up', { downAt: now - 1, upAt: now - 2 }, 'down'],
    ['a down of the same moment as an up: the cautious reading', { downAt: now, upAt: now }, 'down'],
    [
      'an expired down newer than an up that would still count',
      { downAt: now - 31 * s, upAt: now - 32 * s },
      'unknown',
    ],
  ])('%s', (_, evidence, expected) => {
    expect(primaryHealth(evidence, policy, now)).toBe(expected);
  });
});

describe('what an entry keeps of it', () => {
  const now = 1000 * s;
  test.each<[string, Observation, Seen]>([
    ['nothing, if nothing was ever said', { evidence: {} }, { primary: 'unknown' }],
    [
      'an up, and since when',
      { evidence: { upAt: now - 1, upSince: now - 9, downAt: now - 20 } },
      { primary: 'up', said: 'up', saidAt: now - 1, since: now - 9 },
    ],
    [
      'a down, by its newest sign, and since when there is trouble',
      { evidence: { downAt: now - 2, suspectAt: now - 1, troubleSince: now - 7, upAt: now - 8 } },
      { primary: 'down', said: 'down', saidAt: now - 1, since: now - 7 },
    ],
    [
      'a down without a beginning',
      { evidence: { downAt: now } },
      { primary: 'down', said: 'down', saidAt: now },
    ],
    [
      'a suspicion after an up, whatever was before that',
      { evidence: { suspectAt: now - 1, troubleSince: now - 1, upAt: now - 2, downAt: now - 3 } },
      { primary: 'suspected', said: 'suspected', saidAt: now - 1, since: now - 1 },
    ],
    [
      'what is too old to count, as such, and what else was looked at',
      { evidence: { upAt: now - 46 * s, upSince: now - 99 * s }, witness: 'reachable', capacity: 'off' },
      {
        primary: 'unknown',
        said: 'up',
        saidAt: now - 46 * s,
        since: now - 99 * s,
        witness: 'reachable',
        capacity: 'off',
      },
    ],
  ])('%s', (_, observation, expected) => {
    expect(seenOf(observation, policy, now)).toEqual(expected);
  });
});

describe('the run of up', () => {
  test.each<[string, Sighting[], number | undefined]>([
    ['begins with the first up', [up(10)], 10],
    ['goes on with each next one', [up(10), up(20), up(30)], 10],
    ['goes on over a gap that is just short enough', [up(10), up(55)], 10],
    ['begins anew after a longer gap', [up(10), up(56)], 56],
    ['begins anew after a down', [up(10), down(15), up(20)], 20],
    ['begins anew after a suspicion', [up(10), suspect(15), up(20)], 20],
    ['begins later when a down arrives late, after a newer one', [up(10), up(20), down(25), down(15)], 20],
    ['begins later when a suspicion arrives late', [up(10), up(20), suspect(15)], 20],
    ['begins later when a down arrives late', [up(10), up(20), down(15)], 20],
    ['is not touched by a down from before it', [down(5), up(10), up(20), down(7)], 10],
    ['is not touched by a repeat', [up(10), up(20), up(20), up(10)], 10],
  ])('%s', (_, sightings, since) => {
    expect(foldAll(sightings).upSince).toBe(since === undefined ? undefined : since * s);
  });
});

describe('the trouble', () => {
  test.each<[string, Sighting[], number | undefined]>([
    ['begins with the first suspicion', [up(10), suspect(11), suspect(12), down(13)], 11],
    ['begins with the sight of it down', [down(13)], 13],
    ['begins anew after an up', [suspect(11), up(12), down(13)], 13],
    ['is not moved by a repeat', [suspect(11), down(13), suspect(11), down(13)], 11],
    ['begins earlier when its first sign arrives late', [up(10), down(13), suspect(11)], 11],
    ['is not made of what an up has answered', [up(20), suspect(11)], undefined],
  ])('%s', (_, sightings, since) => {
    expect(foldAll(sightings).troubleSince).toBe(since === undefined ? undefined : since * s);
  });
});

describe('what else is kept', () => {
  test.each<[string, Sighting[], Evidence]>([
    [
      'nobody served',
      [
        { kind: 'unserved', observedAt: 5 * s },
        { kind: 'unserved', observedAt: 4 * s },
      ],
      { unservedAt: 5 * s },
    ],
    [
      'what arrives soon is not stale',
      [{ ...up(10), arrivedAt: 17.9 * s }],
      { upAt: 10 * s, upSince: 10 * s },
    ],
    [
      'what was old when it arrived',
      [
        { ...up(10), arrivedAt: 18 * s },
        { ...up(10), arrivedAt: 28 * s },
        { ...up(10), arrivedAt: 20 * s },
      ],
      { upAt: 10 * s, upSince: 10 * s, staleAt: 28 * s },
    ],
    [
      'where clients are sent, as it was said last, and for how long it was nowhere',
      [
        { kind: 'traffic', observedAt: 10 * s, traffic: { to: 'primary', since: 2 * s } },
        { kind: 'traffic', observedAt: 20 * s, traffic: { to: 'nobody', since: 18 * s, waiting: 4 } },
        { kind: 'traffic', observedAt: 25 * s, traffic: { to: 'standby', since: 24 * s, waiting: 0 } },
        { kind: 'traffic', observedAt: 22 * s, traffic: { to: 'nobody', since: 18 * s } },
        { kind: 'traffic', observedAt: 30 * s, traffic: { to: 'primary', since: 29 * s } },
      ],
      {
        traffic: { at: 30 * s, to: 'primary', since: 29 * s },
        gap: { from: 18 * s, until: 24 * s },
      },
    ],
    [
      'the image of the primary, as it was said last',
      [{ ...up(10), primaryImage: 'a' }, { ...up(9), primaryImage: 'b' }, up(11)],
      { upAt: 11 * s, upSince: 10 * s, primaryImage: 'a' },
    ],
  ])('%s', (_, sightings, expected) => {
    expect(foldAll(sightings)).toEqual(expected);
  });
});

const sighting = fc.record({
  kind: fc.constantFrom<Exclude<Sighting['kind'], 'traffic'>>('up', 'down', 'suspect', 'unserved'),
  observedAt: fc.integer({ min: 1, max: 200 }).map((at) => at * s),
  arrivedAt: fc.integer({ min: 190, max: 230 }).map((at) => at * s),
});

describe('properties', () => {
  it('repeating any sighting changes nothing', () => {
    fc.assert(
      fc.property(fc.array(sighting), (all) => {
        const once = foldAll(all);
        expect(
          all.reduce((evidence, one) => fold(evidence, one, policy.heartbeatTimeoutSeconds), once),
        ).toEqual(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('in any order, the newest moments are the same and the run of up is never longer than in order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(sighting, { selector: (one) => one.observedAt }),
        fc.infiniteStream(fc.nat()),
        (all, keys) => {
          const inOrder = foldAll([...all].sort((a, b) => a.observedAt - b.observedAt));
          const shuffled = foldAll(
            all
              .map((one) => ({ one, key: keys.next().value ?? 0 }))
              .sort((a, b) => a.key - b.key)
              .map(({ one }) => one),
          );
          expect(shuffled.downAt).toBe(inOrder.downAt);
          expect(shuffled.upAt).toBe(inOrder.upAt);
          expect(shuffled.unservedAt).toBe(inOrder.unservedAt);
          expect(shuffled.staleAt).toBe(inOrder.staleAt);
          expect(shuffled.upSince ?? 0).toBeGreaterThanOrEqual(inOrder.upSince ?? 0);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('C6: a site whose clock is ahead', () => {
  test('where clients are sent, and how the primary is, do not make each other old', () => {
    const said = (kind: 'up' | 'traffic', stampedAt: number, arrivedAt: number): Sighting => ({
      ...(kind === 'traffic' ? { kind, traffic: { to: 'primary', since: 1 } } : { kind }),
      observedAt: arrivedAt,
      arrivedAt,
      stampedAt,
    });
    const evidence = foldAll([said('traffic', 500 * s, 10 * s), said('up', 497 * s, 10 * s)]);
    expect([evidence.upAt, evidence.traffic?.at]).toEqual([10 * s, 10 * s]);
    const next = [evidence, said('traffic', 499 * s, 20 * s)] as const;
    expect(fold(...next, policy.heartbeatTimeoutSeconds)).toBe(evidence);
  });

  const lead = 120_000;
  /** As the receiver makes it of an alert: evaluated at `at` by a true clock, arrived at `arrivedAt`. */
  const said = (kind: Exclude<Sighting['kind'], 'traffic'>, at: number, arrivedAt: number): Sighting => ({
    kind,
    observedAt: arrivedAt,
    arrivedAt,
    stampedAt: at + lead,
  });
  const heard = (...all: Sighting[]) =>
    all.reduce((evidence, one) => fold(evidence, one, 45), {} as Evidence);

  it('is not believed again when it repeats an old "up" after a newer "down"', () => {
    const evidence = heard(said('up', 1000, 1100), said('down', 6000, 6100), said('up', 1000, 9000));
    expect(evidence).toMatchObject({ upAt: 1100, downAt: 6100 });
    expect(primaryHealth(evidence, policy, 9000)).toBe('down');
  });

  it('is not believed when the old "up" comes for the first time', () => {
    expect(heard(said('down', 6000, 6100), said('up', 1000, 9000))).toMatchObject({ downAt: 6100 });
    expect(heard(said('down', 6000, 6100), said('up', 1000, 9000)).upAt).toBeUndefined();
  });

  it('counts as silent as soon as any other when its Prometheus is dead', () => {
    const repeats = Array.from({ length: 50 }, (_, at) => said('up', 1000, 1100 + 5000 * at));
    expect(heard(...repeats).upAt).toBe(1100);
  });

  it('is still heard, and a down and a suspicion of the same evaluation both count', () => {
    const evidence = heard(said('up', 1000, 1100), said('suspect', 6000, 6100), said('down', 6000, 6150));
    expect(evidence).toMatchObject({ upAt: 1100, suspectAt: 6100, downAt: 6150, aheadMilliseconds: 119_850 });
  });

  it('is told apart from one that was put right', () => {
    const right: Sighting = { kind: 'up', observedAt: 20_000, arrivedAt: 20_100 };
    const evidence = heard(said('up', 1000, 1100), right);
    expect(evidence).toMatchObject({ upAt: 20_000, aheadMilliseconds: undefined });
  });
});

describe('two words of the same moment', () => {
  const now = 1000 * s;
  it.each([
    ['down and up', { downAt: now, upAt: now }, 'down'],
    ['a suspicion and up', { suspectAt: now, upAt: now }, 'suspected'],
    ['down and a suspicion', { downAt: now, suspectAt: now }, 'down'],
    [
      'down and up, and the lease of the down is over',
      { downAt: now - 31 * s, upAt: now - 31 * s },
      'unknown',
    ],
  ] as const)('%s: the worse one counts', (_, evidence, health) => {
    expect(primaryHealth(evidence, policy, now)).toBe(health);
  });

  it.each([down, suspect])(
    'trouble in the first moment of a run breaks it, in the last it does not',
    (trouble) => {
      const run = foldAll([up(10), up(20), up(30)]);
      expect(fold(run, trouble(10), policy.heartbeatTimeoutSeconds).upSince).toBe(30 * s);
      expect(fold(run, trouble(9), policy.heartbeatTimeoutSeconds).upSince).toBe(10 * s);
      expect(fold(run, trouble(30), policy.heartbeatTimeoutSeconds).upSince).toBe(10 * s);
    },
  );

  it('the run begins with its first moment', () => {
    expect(foldAll([up(10)])).toMatchObject({ upAt: 10 * s, upSince: 10 * s });
    expect(foldAll([up(10), down(15), up(20)]).upSince).toBe(20 * s);
  });
});
