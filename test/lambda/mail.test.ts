import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { examples } from '../../docs/source/email-examples.ts';
import type { Entry, EntryKind, Seen } from '../../lambda/domain/history.ts';
import { type Reason, reasons } from '../../lambda/domain/reasons.ts';
import { message, urgencyOf } from '../../lambda/mail.ts';
import { hostSeen, lastSaid, mailKinds, primarySeen, texts, words } from '../../lambda/messages.ts';

const kinds = Object.keys(texts) as EntryKind[];
const at = Date.UTC(2026, 0, 14, 3, 12, 9, 300);
const down: Seen = { primary: 'down', said: 'down', saidAt: at - 400, since: at - 5300 };
const base: Entry = {
  id: '1',
  service: 'api',
  kind: 'failover-started',
  epoch: 1,
  at,
  reason: 'primary-down',
};
/** With a value for every name in braces. */
const full: Entry = {
  ...base,
  site: 'standby',
  by: 'anna',
  detail: 'as the host said',
  tookMilliseconds: 61_234,
  nextAt: at + 60_000,
  stableSeconds: 1800,
  attempt: 2,
  seen: { ...down, witness: 'reachable', capacity: 'on' },
};

/** Whatever may be in a record: of an older version, of a strange host, of somebody who means harm. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('a\r\nBcc: x@example.com', '\u202e\u0000', '\ud800', 'x'.repeat(500)),
);
const anyMoment = fc.nat(2_000_000_000).map((n) => n * 4000);
const anyEntry: fc.Arbitrary<Entry> = fc.record(
  {
    id: fc.constant('1'),
    service: anyText,
    kind: fc.constantFrom(...kinds),
    epoch: fc.nat(),
    at: anyMoment,
    reason: fc.constantFrom(...(Object.keys(reasons) as Reason[])),
    detail: anyText,
    by: anyText,
    tookMilliseconds: anyMoment,
    nextAt: anyMoment,
    stableSeconds: fc.nat(1_000_000),
    attempt: fc.nat(1000),
    site: fc.constantFrom('primary', 'standby'),
    seen: fc.record(
      {
        primary: fc.constantFrom('up', 'suspected', 'down', 'unknown'),
        said: fc.constantFrom('up', 'suspected', 'down'),
        saidAt: anyMoment,
        since: anyMoment,
        witness: fc.constantFrom('reachable', 'unreachable'),
        host: fc.constantFrom('running', 'stopped'),
      },
      { requiredKeys: ['primary'] },
    ),
  },
  { requiredKeys: ['id', 'service', 'kind', 'epoch', 'at', 'reason'] },
);

describe('whatever is told', () => {
  it('has a subject that SNS takes', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        // A letter, a digit or punctuation first, then ASCII, one line, fewer than 101: SNS, API reference, Publish.
        expect(message(entry).subject).toMatch(/^[!-~][ -~]{0,99}$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('asks somebody to act in the subject if, and only if, somebody must', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const named = { ...entry, service: 'api' };
        const urgency = urgencyOf(named);
        const { subject, body } = message(named);
        expect(subject.startsWith('[failover] api: ACT: ')).toBe(urgency === 'act');
        expect(subject.startsWith('[failover] api: SOON: ')).toBe(urgency === 'soon');
        expect(body.startsWith(`api: ${words[urgency]}${texts[named.kind].headline}`)).toBe(true);
      }),
    );
  });

  it('has no line that somebody else has written: what the host or an operator says is below its label', () => {
    const ours = /^(|(When|Why|Was|Seen|Who|Detail|Done|Next|If not|Look|Read): .*| {9}.*)$/u;
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const [first = '', ...others] = message(entry).body.split('\n');
        expect(first).toContain(texts[entry.kind].headline);
        for (const line of others) expect(line).toMatch(ours);
        expect(message(entry).body).not.toMatch(/[^\P{C}\n]/u);
      }),
      { numRuns: 500 },
    );
  });

  it('stays far below what SNS takes', () => {
    const { body } = message({ ...full, detail: 'ü'.repeat(1_000_000) });
    expect(Buffer.byteLength(body)).toBeLessThan(10_000);
  });
});

describe('each text', () => {
  test.each(kinds)('%s: is complete with all there is to know, and with nothing', (kind) => {
    for (const entry of [
      { ...full, kind },
      { ...base, kind },
    ]) {
      const { subject, body } = message(entry);
      expect(`${subject}${body}`).not.toMatch(/[{}!]|undefined|NaN|Invalid/);
    }
  });

  test.each(kinds)('%s: its headline is whole with the longest name of a service', (kind) => {
    const service = `a${'b'.repeat(30)}`;
    for (const reason of ['start-failed', 'stop-failed'] as const)
      expect(message({ ...full, kind, reason, service }).subject).toContain(texts[kind].headline);
  });

  test.each(mailKinds)('%s: says what was done, what comes next, and where to look', (kind) => {
    const { body } = message({ ...full, kind });
    for (const label of ['When:', 'Seen:', 'Done:', 'Next:', 'Look:', 'Read:'])
      expect(body).toContain(`\n${label}`);
    expect(body).toContain(`docs/runbook.md, "Mail ${kind}"`);
  });

  it('names nothing in braces that is never filled in', () => {
    const sentences = JSON.stringify([texts, primarySeen, lastSaid, hostSeen]);
    const named = new Set([...sentences.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    const filledIn = 'service by attempt took trouble next nextBy stable since age host woken needed'.split(
      ' ',
    );
    expect([...named].sort()).toEqual(filledIn.sort());
  });
});

describe('how long it took is in the subject', () => {
  const subject = (more: Partial<Entry>) => message({ ...base, ...more }).subject;
  test.each<[string, Partial<Entry>, string]>([
    [
      'from the first bad sign',
      { seen: down },
      'failover to the standby started, 5.3 s after the first bad sign',
    ],
    [
      'not at all if the trouble has no beginning',
      { seen: { primary: 'unknown' } },
      'failover to the standby started',
    ],
    [
      'from the decision, for what was asked for',
      { kind: 'failover-completed', tookMilliseconds: 2000, seen: { primary: 'up', since: 0 } },
      'the standby serves, 2 s after it was decided',
    ],
    [
      'in minutes, if it took minutes',
      { kind: 'self-test-passed', tookMilliseconds: 150_000 },
      'self-test passed after 2 min 30 s',
    ],
    [
      'in hours, if it took hours',
      { kind: 'self-test-passed', tookMilliseconds: 7_500_000 },
      'self-test passed after 2 h 5 min',
    ],
    [
      'in whole hours',
      { kind: 'self-test-passed', tookMilliseconds: 7_200_000 },
      'self-test passed after 2 h',
    ],
  ])('%s', (_, more, expected) => {
    expect(subject(more)).toBe(`[failover] api: ${expected}`);
  });
});

describe('who must act', () => {
  const repeated = { attempt: 2, seen: down };
  test.each<[string, Partial<Entry>, ReturnType<typeof urgencyOf>]>([
    [
      'a start failed once',
      { kind: 'command-failed', reason: 'start-failed', attempt: 1, seen: down },
      'none',
    ],
    [
      'a start failed again, the primary is down',
      { kind: 'command-failed', reason: 'start-failed', ...repeated },
      'act',
    ],
    [
      'nobody knows how the primary is',
      { kind: 'command-failed', reason: 'start-failed', attempt: 2 },
      'act',
    ],
    [
      'a start failed again, the primary is up',
      { kind: 'command-failed', reason: 'start-failed', attempt: 2, seen: { primary: 'up' } },
      'soon',
    ],
    ['a stop failed again', { kind: 'command-failed', reason: 'stop-failed', ...repeated }, 'soon'],
    ['no capacity, once', { kind: 'no-capacity', reason: 'no-capacity', seen: down }, 'none'],
    [
      'no capacity again, and the primary is down',
      { kind: 'no-capacity', reason: 'no-capacity', ...repeated },
      'act',
    ],
    ['stuck, the primary is down', { kind: 'failover-stuck', seen: down }, 'act'],
    ['stuck, the primary is up', { kind: 'failover-stuck', seen: { primary: 'up' } }, 'soon'],
    ['an outage while paused', { kind: 'refused', seen: down }, 'act'],
    ['silence, the primary in charge', { kind: 'site-silent', site: 'primary' }, 'act'],
    ['silence, the standby in charge', { kind: 'site-silent', site: 'standby' }, 'soon'],
    ['a failover', { kind: 'failover-completed', seen: down }, 'none'],
  ])('%s', (_, more, expected) => {
    expect(urgencyOf({ ...base, ...more })).toBe(expected);
  });
});

it('every kind that is sent is shown in docs/e-mails.md', () => {
  const shown = new Set<EntryKind>(examples.map(({ entry }) => entry.kind));
  expect(mailKinds.filter((kind) => !shown.has(kind))).toEqual([]);
});
