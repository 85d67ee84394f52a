/** What the rows of the specification are written with. "Now" is the same in every row. */
import type { decide } from '../../../../lambda/domain/decide.ts';
import type { Evidence } from '../../../../lambda/domain/evidence.ts';
import type { CommandReport, Observation, StandbyFacts } from '../../../../lambda/domain/observation.ts';
import type { Phase } from '../../../../lambda/domain/phase.ts';
import type { Policy } from '../../../../lambda/domain/policy.ts';
import type { Reason } from '../../../../lambda/domain/reasons.ts';
import type { FailureCause, Pause, State } from '../../../../lambda/domain/state.ts';
import { policy } from '../../../support/policy.ts';
import { type Changes, commandFor, stateIn } from '../../../support/state.ts';

export const s = 1000;
/** "Now" in every row. */
export const now = 10_000 * s;
export const ago = (seconds: number) => now - seconds * s;

export const isDown: Evidence = { downAt: ago(1), upAt: ago(60), upSince: ago(5000) };
export const isUp: Evidence = { downAt: ago(5000), upAt: ago(1), upSince: ago(4000) };
/** … and HAProxy on the site sees the standby that is tested. */
export const seesStandby: Evidence = {
  ...isUp,
  traffic: { at: ago(1), to: 'primary', since: ago(4000), standby: 'up' },
};
export const justUp: Evidence = { downAt: ago(10), upAt: ago(1), upSince: ago(1) };
export const silent: Evidence = { downAt: ago(500), upAt: ago(400), upSince: ago(400) };

export const at = (phase: Phase, more: Changes = {}): State =>
  stateIn(phase, {
    epoch: 7,
    since: ago(100),
    decidedAt: ago(100),
    // Nothing is due at home or while it serves unless the row says so.
    inspectedAt: ago(10),
    verifiedAt: ago(10),
    ...more,
  });
export const command: typeof commandFor = (action, more) =>
  commandFor(action, { requestedAt: ago(5), ...more });
export const failed = (retryAt: number, cause: FailureCause = 'command', failure = 'no such image') =>
  ({ status: 'failed', cause, failure, retryAt }) as const;
export const sent = { status: 'sent', id: 'c-1' } as const;
export const reports = (outcome: CommandReport['outcome'], more: { serial?: number } = {}) =>
  ({ serial: 41, id: 'c-1', detail: 'no such image', newest: 77, ...more, outcome }) as CommandReport;

/** With the start on suspicion switched on. */
export const early: Policy = { ...policy, startOnSuspicion: true };
export const isSuspected: Evidence = {
  suspectAt: ago(0.5),
  troubleSince: ago(0.5),
  upAt: ago(2),
  upSince: ago(4000),
};
export const downFor = (seconds: number): Evidence => ({
  suspectAt: ago(0.2),
  downAt: ago(0.2),
  troubleSince: ago(seconds),
  upAt: ago(seconds + 1),
  upSince: ago(4000),
});

export const pause: Pause = { until: now + 1, by: 'eve', why: 'works on the network' };
/** With self-tests, and with an instance that sleeps too. */
export const tested: Policy = { ...policy, selfTestSeconds: 700 };
export const asleep: Policy = { ...policy, pilotLight: true };
export const hash = (letter: string) => `sha256:${letter.repeat(64)}`;
export const inspected = (more: Partial<StandbyFacts> = {}): CommandReport => ({
  serial: 41,
  outcome: 'succeeded',
  facts: { runs: false, ran: false, image: 'acme/api:1', id: hash('a'), ...more },
});

export type Row = {
  given: string;
  state: State;
  seen: Observation;
  reason: Reason;
  phase: Phase;
  epoch?: number;
  effects?: string[];
  policy?: Policy;
};

export function effectNames(decision: ReturnType<typeof decide>): string[] {
  return decision.effects.map((effect) => {
    if (effect.type === 'command') return `${effect.action} ${effect.epoch}/${effect.attempt}`;
    return effect.type === 'deliver' ? effect.entry.kind : effect.type;
  });
}
