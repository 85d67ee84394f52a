import { decide } from '../../../lambda/domain/decide.ts';
import type { Evidence, Health } from '../../../lambda/domain/evidence.ts';
import { primaryHealth } from '../../../lambda/domain/health.ts';
import type { Phase } from '../../../lambda/domain/phase.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import type { Reason } from '../../../lambda/domain/reasons.ts';
import type { State } from '../../../lambda/domain/state.ts';

/** What the control plane will do if all goes on as it is. */
export type Forecast = {
  /** Unix milliseconds; the tick may come up to a minute later. */
  readonly at: number;
  readonly phase: Phase;
  readonly reason: Reason;
};

type Situation = {
  readonly state: State;
  readonly evidence: Evidence;
  readonly policy: Policy;
  /** Unix milliseconds. */
  readonly now: number;
};

/** No policy waits longer, but for a pause, which may last a week. */
const horizonSeconds = 8 * 86_400;

/**
 * The next change of phase, by asking the specification itself: `decide` is shown the same primary at later and
 * later moments. So the forecast cannot differ from what will be done.
 * @returns undefined if nothing changes by itself, or it depends on what the host answers
 */
export function forecast({ state, evidence, policy, now }: Situation): Forecast | undefined {
  const health = primaryHealth(evidence, policy, now);
  // What the host answers, and when, is not known: nothing is told that only its silence would bring about.
  const patient = {
    ...policy,
    commandTimeoutSeconds: Number.POSITIVE_INFINITY,
    dispatchTimeoutSeconds: Number.POSITIVE_INFINITY,
  };
  let at = now;
  for (let step = 1; at < now + horizonSeconds * 1000; step = stepAfter(at - now)) {
    at += step * 1000;
    const seen = stillSeen(evidence, health, at);
    const next = decide(state, { evidence: seen }, patient, at);
    if (next.state.phase !== state.phase) return { at, phase: next.state.phase, reason: next.state.why };
  }
  return undefined;
}

/** Seconds. What is far off need not be told to the second. */
function stepAfter(milliseconds: number): number {
  if (milliseconds < 600_000) return 1;
  return milliseconds < 7_200_000 ? 10 : 300;
}

/** The evidence as it will be if the primary goes on as it does. */
function stillSeen(evidence: Evidence, health: Health, at: number): Evidence {
  switch (health) {
    case 'up':
      return { ...evidence, upAt: at };
    case 'down':
      return { ...evidence, downAt: at };
    case 'suspected':
      return { ...evidence, suspectAt: at };
    case 'unknown':
      return evidence;
  }
}
