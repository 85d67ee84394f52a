import { describe, expect, test } from 'vitest';
import { readOutcome } from '../../../drill/report/child.ts';
import {
  asJson,
  grantsLines,
  isTight,
  list,
  paceOf,
  progressLine,
  table,
  verdict,
} from '../../../drill/report/outcomes.ts';
import { crash } from '../../../drill/scenarios/api-crash.ts';
import { hang } from '../../../drill/scenarios/api-hang.ts';
import { blip } from '../../../drill/scenarios/blip.ts';
import { functionCrash } from '../../../drill/scenarios/function-crash.ts';
import type { Outcome } from '../../../drill/scenarios/support/scenario.ts';

const passed: Outcome = {
  name: 'blip',
  outcome: 'passed',
  expected: 'Nothing.',
  observed: 'the primary serves',
  seconds: 12.34,
};
const failed: Outcome = { ...passed, name: 'site-dark', outcome: 'failed', observed: 'NOT SO: x' };

describe('what is said of scenarios', () => {
  test('the list has both sentences of each', () => {
    expect(list([blip])).toEqual(['blip', `  breaks    ${blip.breaks}`, `  expected  ${blip.expected}`]);
  });

  test('one line as each ends', () => {
    expect(progressLine(passed, 3, 24)).toBe(
      ' 3/24  passed  blip                           12.3 s  the primary serves',
    );
  });

  test('a table at the end', () => {
    expect(table([passed, failed])).toEqual([
      '',
      'passed  blip                           12.3 s  the primary serves',
      'FAILED  site-dark                      12.3 s  NOT SO: x',
      '',
      '1 of 2 scenarios passed.',
    ]);
  });

  test('one scenario: what was expected, what was seen', () => {
    const checks = [{ name: 'a', held: false, observed: 'no a' }];
    expect(verdict(blip, checks, failed)).toEqual([
      `Breaks      ${blip.breaks}`,
      `Expected    ${blip.expected}`,
      'Observed    NOT SO: x',
      'Checks',
      '  FAILED  a: no a',
    ]);
  });

  test('what is shortened for it; nothing more in the default drill', () => {
    expect(paceOf(hang).join('\n')).toMatch(/lease 10 s, heartbeat 15 s; the minute tick every 2 s/);
    expect(paceOf(blip).join('\n')).toMatch(/the minute tick is production's/);
    expect(paceOf(functionCrash).join('\n')).toMatch(/dispatchTimeoutSeconds \d/);
    expect(paceOf(crash)).toEqual([]);
  });

  test('as JSON', () => {
    expect(asJson([passed])).toEqual({ schemaVersion: 1, scenarios: [passed] });
  });
});

describe('a scenario in a process of its own', () => {
  const of = { name: 'blip', expected: 'Nothing.' };
  test('says itself how it ended', () => {
    expect(readOutcome(of, JSON.stringify(asJson([passed])), '', 40)).toEqual(passed);
  });

  test('that measures is put into the same form', () => {
    const result = {
      schemaVersion: 1,
      outcome: 'passed',
      standbyRuntime: 'process',
      failover: { recoverySeconds: 1.94 },
      failback: { seconds: 15.2 },
      requests: { sent: 100, ok: 99, executedTwice: 0 },
    };
    expect(readOutcome({ ...of, name: 'api-crash' }, JSON.stringify(result), '', 40)).toEqual({
      name: 'api-crash',
      outcome: 'passed',
      expected: 'Nothing.',
      observed:
        "answered again after 1.9 s; the standby (process) slept 15.2 s after the primary's return; 99 of 100 requests answered, 0 POST executed twice",
      seconds: 40,
    });
  });

  test('that wrote nothing has failed, and its last words say why', () => {
    expect(readOutcome(of, undefined, 'a\nthe app could not be synthesized\n', 3)).toMatchObject({
      outcome: 'failed',
      observed: 'it gave no result: the app could not be synthesized',
      seconds: 3,
    });
    expect(readOutcome(of, undefined, '', 3).observed).toContain('it said nothing');
  });
});

describe('what was allowed', () => {
  const statements = { 'a may x:Go, x:Come': true };
  test('is told by name where nothing needed it', () => {
    const review = { grants: { 'a may x:Go': true, 'a may x:Come': false }, statements: { s: false } };
    expect(grantsLines(review)).toEqual([
      'IAM: 1 of 2 grants were used, 0 of 1 statements were needed.',
      '  never used: a may x:Come',
      '  nothing is denied without: s',
    ]);
  });

  test.each([
    ['every grant was used', { grants: { g: true }, statements }, true],
    ['one was not', { grants: { g: true, h: false }, statements }, false],
    [
      'a statement allows what another one allows too',
      { grants: { g: true }, statements: { s: false } },
      false,
    ],
    ['nothing was allowed at all', { grants: {}, statements: {} }, false],
  ])('%s', (_what, review, tight) => {
    expect(isTight(review)).toBe(tight);
  });
});
