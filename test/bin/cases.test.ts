import { describe, expect, test } from 'vitest';
import { cases } from '../../bin/cli/steer/cases/index.ts';
import { firstLine, lines } from '../../bin/cli/steer/screen.ts';
import { situationOf, whoServes } from '../../bin/cli/steer/situation.ts';
import { decide } from '../../lambda/domain/decide.ts';
import type { Evidence, Serving } from '../../lambda/domain/evidence.ts';
import type { OperatorRequest } from '../../lambda/domain/observation.ts';
import type { State } from '../../lambda/domain/state.ts';
import { policy } from '../support/policy.ts';
import { type Changes, commandFor, stateIn } from '../support/state.ts';

const now = 1_800_000_000_000;
const ago = (seconds: number) => now - seconds * 1000;

const answer = (state: State, evidence: Evidence) => ({
  accepted: true,
  message: '',
  site: 'primary' as const,
  reason: state.why,
  state,
  evidence,
  policy,
  at: now,
  table: 't',
});
const situation = (state: State, evidence: Evidence) => situationOf(answer(state, evidence));

/** What the evidence says of the primary, and what the site says of clients. */
const healths: Readonly<Record<string, Evidence>> = {
  up: { upAt: ago(1), upSince: ago(90) },
  down: { downAt: ago(1), troubleSince: ago(8), upAt: ago(9), upSince: ago(99) },
  suspected: { suspectAt: ago(1), troubleSince: ago(1), upAt: ago(2), upSince: ago(99) },
  silent: { upAt: ago(60), upSince: ago(99) },
  'never heard': {},
};
const traffic = (to: Serving, seconds = 7, at = 0.5): Evidence => ({
  traffic: {
    at: ago(at),
    to,
    since: ago(seconds),
    standby: to === 'standby' ? 'up' : 'down',
    waiting: 0,
    refused: 0,
  },
});
const words: Readonly<Record<string, Evidence>> = {
  primary: traffic('primary'),
  standby: traffic('standby'),
  nobody: traffic('nobody'),
  'nobody, for long': traffic('nobody', 400),
  old: traffic('primary', 500, 80),
  none: {},
};

const failed = { status: 'failed', cause: 'command', failure: 'cannot pull', retryAt: now + 9000 } as const;
const variants: Readonly<Record<string, Changes>> = {
  plain: {},
  paused: { pause: { until: now + 600_000, by: 'me', why: 'x' } },
  held: { heldBy: 'me' },
  testing: { testing: true },
  flapping: { failovers: [ago(900), ago(500), ago(100)] },
  'start failed': {
    startFailure: { at: ago(2), failure: 'cannot pull' },
    command: commandFor('start', { ...failed, attempt: 2 }),
  },
  'start failed a week ago': { startFailure: { at: ago(700_000), failure: 'cannot pull' } },
  'stop failed': { command: commandFor('stop', failed) },
  'under way': { command: commandFor('start', { status: 'sent', id: 'c', requestedAt: ago(3) }) },
  'decided long ago': { decidedAt: ago(500), since: ago(500) },
  'answered before': { verifiedAt: ago(30) },
  'answered since': { verifiedAt: ago(1) },
  'no capacity': { why: 'no-capacity' },
  'host off': { why: 'host-not-ready' },
  drift: { drift: 'the standby runs, and nobody here started it' },
};
const phases = ['home', 'warming', 'cooling', 'starting', 'serving', 'draining', 'stopping'] as const;

const all = phases.flatMap((phase) =>
  Object.entries(variants).flatMap(([variant, changes]) =>
    Object.entries(healths).flatMap(([health, evidence]) =>
      Object.entries(words).map(([word, more]) => {
        const state = stateIn(phase, {
          since: ago(20),
          decidedAt: ago(21),
          why: 'primary-healthy',
          ...changes,
        });
        const both = { ...evidence, ...more };
        const name = `${phase}, ${variant}, ${health}, ${word}`;
        return { name, state, evidence: both, one: situation(state, both) };
      }),
    ),
  ),
);
describe('every screen', () => {
  test('says who serves by the word of the site, and by nothing else', () => {
    for (const { name, evidence, one } of all) {
      const { serving, headline } = one;
      const { traffic: said, suspectAt = 0, downAt = 0 } = evidence;
      const isFresh = said !== undefined && now - said.at <= 20_000;
      const isOvertaken = said?.to === 'primary' && Math.max(suspectAt, downAt) > said.at;
      if (!isOvertaken) expect(serving, name).toBe(isFresh ? said.to : 'unknown');
      expect(headline.startsWith(whoServes[serving]), name).toBe(true);
    }
  });

  test('ends in one thing to do, and begins with the headline', () => {
    for (const { name, one } of all) {
      const shown = lines(one);
      expect(shown[0], name).toBe(`${one.service}: ${firstLine(one)}`);
      expect(shown.at(-1), name).toMatch(/^ {2}do {9}\S/);
      for (const line of shown) expect(line, name).not.toMatch(/undefined|NaN|Invalid|\n/);
    }
  });

  test('names a case, and each case is one that can be', () => {
    const met = new Set(all.map(({ one }) => one.case));
    const known = Object.entries(cases).flatMap(([serving, all]) => all.map((one) => ({ serving, ...one })));
    expect([...met].sort()).toEqual(known.map(({ id }) => id).sort());
    expect(new Set(known.map(({ id }) => id)).size).toBe(known.length);
    expect(new Set(known.map(({ serving, says }) => `${serving} ${says}`)).size).toBe(known.length);
  });

  test('never tells to do nothing, or to wait in vain, while nobody serves', () => {
    for (const { name, one } of all) {
      if (one.serving !== 'nobody' && one.serving !== 'unknown') continue;
      expect(one.do, name).not.toMatch(/^Nothing/);
      expect(one.do, name).not.toContain('in 0.0 s');
    }
  });
});

describe('advice', () => {
  const actions = ['resume', 'acknowledge', 'failover', 'failback', 'self-test'] as const;
  const commands = (text: string) =>
    [...text.matchAll(/npm run failover -- ([a-z-]+)/g)].map(([, name]) => name);

  test('that is for now is not refused', () => {
    let asked = 0;
    for (const { name, state, evidence, one } of all) {
      const { do: todo } = one;
      if (!todo.startsWith('Now:')) continue;
      for (const action of actions.filter((one) => commands(todo).includes(one))) {
        asked += 1;
        const request = { action, by: 'me' } as OperatorRequest;
        expect(decide(state, { evidence, request }, policy, now).answer, `${name}: ${action}`).toEqual({
          accepted: true,
        });
      }
    }
    expect(asked).toBeGreaterThan(20);
  });

  test('names commands that there are', () => {
    const known = new Set([...actions, 'deploy', 'doctor', 'site', 'why', 'status']);
    for (const { one } of all) for (const name of commands(one.do)) expect(known).toContain(name);
  });
});

describe('how long', () => {
  const home = stateIn('home', { since: ago(90_000), why: 'primary-down' });

  test('is counted from the last time that HAProxy changed its mind, not from the phase', () => {
    const { evidence } = { evidence: { ...healths.down, ...traffic('nobody', 4) } };
    expect(firstLine(situation(home, evidence))).toMatch(/^nobody serves, for 4\.0 s \(since /);
  });

  test('a first bad sign is newer than the last word of who serves', () => {
    const evidence = { ...healths.suspected, ...traffic('primary', 900, 3) };
    const one = situation(home, evidence);
    expect(one.serving).toBe('nobody');
    expect(firstLine(one)).toMatch(/^nobody serves, for 1\.0 s /);
  });

  test('a silence is counted from the last word', () => {
    const evidence = { upAt: ago(80), upSince: ago(900), ...traffic('primary', 900, 82) };
    const one = situation(home, evidence);
    expect(firstLine(one)).toMatch(/^not known who serves; the site is silent for 1 min 20 s \(since /);
    expect(lines(one).join('\n')).toContain('sent to: primary, when the site said so last, 1 min 22 s ago');
  });

  test('a word of 20 s still counts, and no older one', () => {
    const at = (seconds: number) =>
      situation(home, { ...healths.up, ...traffic('primary', 900, seconds) }).serving;
    expect([at(20), at(20.1)]).toEqual(['primary', 'unknown']);
  });
});

describe('what stays on the screen', () => {
  test('a start that failed, until one succeeds', () => {
    const state = stateIn('home', { startFailure: { at: ago(7200), failure: 'cannot pull\n  x' } });
    const shown = lines(situation(state, { ...healths.up, ...traffic('primary') }));
    expect(shown).toContainEqual(
      expect.stringMatching(/^ {2}standby +failed to start 2 h ago .*: cannot pull x$/),
    );
    expect(shown.at(-1)).toContain('self-test');
  });

  test('of a start that hangs, when it counts as lost', () => {
    const state = stateIn('starting', {
      decidedAt: ago(150),
      command: commandFor('start', { status: 'sent', id: 'c', requestedAt: ago(150) }),
    });
    const shown = lines(situation(state, { ...healths.down, ...traffic('nobody', 152) })).join('\n');
    expect(shown).toMatch(
      /doing +start, attempt 1, asked for 2 min 30 s ago; without an answer it is tried again at /,
    );
    expect(shown).toMatch(/do +Now: get the primary back/);
  });
});
