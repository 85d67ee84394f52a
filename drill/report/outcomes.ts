import { idle, type Review } from '../cloud/iam/review.ts';
import { hurried, type Outcome, type Scenario, TICK_SECONDS } from '../scenarios/support/scenario.ts';
import type { Check } from '../verify/check.ts';

/** The scenarios by name, what each breaks and what must become of it. */
export function list(all: readonly Scenario[]): string[] {
  return all.flatMap(({ name, breaks, expected }) => [
    name,
    `  breaks    ${breaks}`,
    `  expected  ${expected}`,
  ]);
}

/** What in a scenario differs from the default drill. */
export function paceOf({ unhurried, minuteTick, needs = {} }: Scenario): string[] {
  if (unhurried) return [];
  const { leaseSeconds, heartbeatTimeoutSeconds } = { ...hurried, ...needs.changes?.policy };
  const tick = minuteTick ? "the minute tick is production's" : `the minute tick every ${TICK_SECONDS} s`;
  const also = [...Object.entries(needs.latencies ?? {}), ...Object.entries(needs.derived ?? {})].map(
    ([name, value]) => `${name} ${value}`,
  );
  return [
    `            for this scenario lease ${leaseSeconds} s, heartbeat ${heartbeatTimeoutSeconds} s; ${tick}`,
    ...(also.length === 0 ? [] : [`            and ${also.join(', ')}`]),
  ];
}

/** One scenario as a person reads it, after its timeline. */
export function verdict(scenario: Scenario, checks: readonly Check[], { observed }: Outcome): string[] {
  return [
    `Breaks      ${scenario.breaks}`,
    `Expected    ${scenario.expected}`,
    `Observed    ${observed}`,
    'Checks',
    ...checkLines(checks),
  ];
}

export function checkLines(checks: readonly Check[]): string[] {
  return checks.map(({ name, held, observed }) => `  ${held ? 'ok    ' : 'FAILED'}  ${name}: ${observed}`);
}

/** One line as a scenario ends. */
export function progressLine(outcome: Outcome, number: number, total: number): string {
  const place = `${String(number).padStart(String(total).length)}/${total}`;
  return `${place}  ${row(outcome)}`;
}

/** All of them, in the order of the list. */
export function table(outcomes: readonly Outcome[]): string[] {
  const passed = outcomes.filter(({ outcome }) => outcome === 'passed').length;
  return ['', ...outcomes.map(row), '', `${passed} of ${outcomes.length} scenarios passed.`];
}

/** As long as the longest name. */
const NAME_WIDTH = 27;

function row({ name, outcome, observed, seconds }: Outcome): string {
  const verdictWord = outcome === 'passed' ? 'passed' : 'FAILED';
  return `${verdictWord}  ${name.padEnd(NAME_WIDTH)}  ${seconds.toFixed(1).padStart(6)} s  ${observed}`;
}

/** What the stacks allow, held against what all scenarios together needed. */
export function grantsLines({ grants, statements }: Review): string[] {
  const [unused, unneeded] = [idle(grants), idle(statements)];
  const count = (all: object) => Object.keys(all).length;
  return [
    `IAM: ${count(grants) - unused.length} of ${count(grants)} grants were used, ${count(statements) - unneeded.length} of ${count(statements)} statements were needed.`,
    ...unused.map((grant) => `  never used: ${grant}`),
    ...unneeded.map((statement) => `  nothing is denied without: ${statement}`),
  ];
}

/** Whether nothing is allowed in vain, and anything is allowed at all. */
export function isTight({ grants, statements }: Review): boolean {
  return Object.keys(grants).length > 0 && idle(grants).length === 0 && idle(statements).length === 0;
}

/** As a machine reads them. */
export function asJson(outcomes: readonly Outcome[]): { schemaVersion: 1; scenarios: readonly Outcome[] } {
  return { schemaVersion: 1, scenarios: outcomes };
}
