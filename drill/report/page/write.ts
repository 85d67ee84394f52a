import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Timeline } from '../../kit/timeline.ts';
import { account, type RequestResult } from '../../load/account.ts';
import { siteParts } from '../../parts/of-drill.ts';
import type { Scenario } from '../../scenarios/support/scenario.ts';
import { executionsOn, resultsFileIn } from '../../stage/clients.ts';
import type { Stage } from '../../stage/stage.ts';
import type { Check } from '../../verify/check.ts';
import type { Measured } from '../../verify/measured.ts';
import { type Fact, factsOf } from '../facts.ts';
import { paceOf } from '../outcomes.ts';
import { reportPage } from './page.ts';
import type { Component, ReportData } from './report-data.ts';

/** A run that has ended, however it ended; its stage still stands. */
export interface Ran {
  readonly scenario: Scenario;
  readonly stage: Stage;
  readonly workDir: string;
  readonly timeline: Pick<Timeline, 'events' | 'start'>;
  readonly requestsPerSecond: number;
  readonly checks: readonly Check[];
  readonly measured?: Measured | undefined;
}

/** Writes the report as a page. @throws whatever is in the way of writing the file */
export async function writePage(file: string, ran: Ran): Promise<void> {
  writeFileSync(file, reportPage(await dataOf(ran)));
}

async function dataOf({ stage, workDir, timeline, ...ran }: Ran): Promise<ReportData> {
  const { scenario, requestsPerSecond, checks, measured } = ran;
  const results = requestsIn(resultsFileIn(workDir));
  return {
    scenario,
    start: timeline.start ?? Date.now(),
    events: timeline.events,
    requestsPerSecond,
    results,
    account: measured?.requests ?? account(results, await executionsOn(stage)),
    measured,
    checks,
    components: componentsOf(stage),
    facts: factsOf(stage).map((fact) => withPace(fact, scenario)),
  };
}

/** Clients of a run that broke off may still write: the last line counts once it is complete. */
export function requestsIn(file: string): RequestResult[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

const names = {
  haproxy: 'HAProxy',
  prometheus: 'Prometheus',
  alertmanager: 'Alertmanager',
  blackbox_exporter: 'blackbox exporter',
  stunnel: 'stunnel',
} as const;
const sources = { docker: 'image', path: 'program on this machine', package: 'unpacked package' } as const;

function componentsOf({ parts, docker }: Stage): Component[] {
  const programs = ([...siteParts, 'stunnel'] as const).map((name) => {
    const { version, source } = parts[name];
    return { name: names[name], version, how: sources[source] };
  });
  const node = { name: 'Node', version: process.versions.node, how: 'primary, functions and clients' };
  const standby = docker
    ? { name: 'Docker', version: docker.version, how: 'the standby is a container' }
    : { name: 'Docker', version: 'no daemon', how: 'the standby is a plain process' };
  return [...programs, standby, node];
}

function withPace([label, ...lines]: Fact, scenario: Scenario): Fact {
  const more = label === 'shortened' ? paceOf(scenario).map((line) => line.trim()) : [];
  return [label, ...lines, ...more];
}
