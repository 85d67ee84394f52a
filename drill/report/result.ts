import type { Stage } from '../stage/stage.ts';
import type { Check } from '../verify/check.ts';
import type { Measured } from '../verify/measured.ts';
import { type PhaseName, phaseMeanings, phaseNames } from '../verify/phases.ts';
import { checkLines } from './outcomes.ts';

/** The result of a drill as a machine reads it. */
export interface Result {
  readonly schemaVersion: 1;
  readonly outcome: 'passed' | 'failed';
  readonly scenario: string;
  /** Versions as the programs say them; docker is null without a reachable daemon. */
  readonly real: {
    readonly haproxy: string;
    readonly prometheus: string;
    readonly alertmanager: string;
    readonly docker: string | null;
  };
  readonly standbyRuntime: 'docker' | 'process';
  readonly failover: {
    readonly recoverySeconds: number;
    readonly phases: Readonly<Record<PhaseName, number>>;
  };
  readonly failback: { readonly seconds: number };
  readonly requests: {
    readonly sent: number;
    readonly ok: number;
    readonly failed: number;
    readonly indeterminate: number;
    readonly executedTwice: number;
    readonly slowestSeconds: number;
  };
}

export function resultOf({ parts, docker }: Stage, measured: Measured, checks: readonly Check[]): Result {
  const { sent, ok, failed, indeterminate, executedTwice, slowestSeconds } = measured.requests;
  return {
    schemaVersion: 1,
    outcome: checks.every(({ held }) => held) ? 'passed' : 'failed',
    scenario: 'api-crash',
    real: {
      haproxy: parts.haproxy.version,
      prometheus: parts.prometheus.version,
      alertmanager: parts.alertmanager.version,
      docker: docker?.version ?? null,
    },
    standbyRuntime: docker ? 'docker' : 'process',
    failover: measured.failover,
    failback: { seconds: measured.failback.seconds },
    requests: { sent, ok, failed, indeterminate, executedTwice, slowestSeconds },
  };
}

/** The result as a person reads it. */
export function summary({ failover, failback, requests }: Measured, checks: readonly Check[]): string[] {
  const { idempotent, nonIdempotent } = requests;
  const lost = (all: { lost: number; sent: number }) => `${all.lost} of ${all.sent}`;
  return [
    `Failover    ${failover.recoverySeconds.toFixed(2)} s from the kill to the first answer of the standby`,
    ...phaseNames.map(
      (name) => `  ${name.padEnd(9)} ${seconds(failover.phases[name])}  ${phaseMeanings[name]}`,
    ),
    `Failback    ${failback.homeSeconds.toFixed(2)} s until clients were home, ${failback.seconds.toFixed(2)} s until the standby slept`,
    `Requests    ${requests.sent} sent, ${requests.ok} answered, ${requests.failed} failed, ${requests.indeterminate} executed without an answer`,
    `            lost: ${lost(idempotent)} idempotent, ${lost(nonIdempotent)} POST; slowest ${requests.slowestSeconds.toFixed(2)} s`,
    'Checks',
    ...checkLines(checks),
  ];
}

const seconds = (value: number) => `${value.toFixed(2).padStart(6)} s`;
