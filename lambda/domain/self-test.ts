/** The self-test: the standby is started without traffic, to see whether it would start. */

import { pursue, requestStart, success } from './command.ts';
import { addEntry, begin, type Draft, inSeconds, isPast, outputOf, set } from './draft.ts';
import { imageDrift, reportDrift } from './drift.ts';
import { stopAgain } from './moves.ts';
import type { Reason } from './reasons.ts';
import { commandOf } from './state.ts';

/** How long a self-test may wait for a host that has to be started first. */
const hostStartSeconds = 600;

/** Starts the standby to see whether it would. Nobody sends it traffic, for the primary is up. */
export function beginSelfTest(d: Draft, by?: string): Reason {
  begin(d, 'warming', { testing: true });
  set(d, { testedAt: d.now });
  addEntry(d, 'self-test-started', by ? 'self-test-requested' : 'self-test-running', {
    quiet: true,
    ...(by && { by }),
  });
  requestStart(d);
  return 'self-test-running';
}

/** Until the standby has answered or has failed to. */
export function followSelfTest(d: Draft): Reason {
  const done = success(d);
  if (done && !isSeen(d) && !hasWaited(d)) return 'self-test-unseen';
  const failure = done ? whyUnseen(d) : whyItFailed(d);
  const tookMilliseconds = d.now - d.next.since;
  if (done && !failure) {
    addEntry(d, 'self-test-passed', 'self-test-passed', {
      tookMilliseconds,
      nextAt: nextTest(d),
      ...outputOf(done),
    });
    if (done.facts) reportDrift(d, imageDrift(d, done.facts));
  } else if (failure) {
    set(d, { startFailure: { at: d.now, failure } });
    addEntry(d, 'self-test-failed', 'self-test-failed', {
      tookMilliseconds,
      nextAt: nextTest(d),
      detail: failure,
    });
  } else {
    pursue(d, 'start', 'self-test-running');
    return 'self-test-running';
  }
  stopAgain(d);
  return failure ? 'self-test-failed' : 'self-test-passed';
}

/**
 * Whether HAProxy has found the standby up since the test began. What the host says of itself proves nothing about the
 * way to it: a certificate, a firewall or an address can be wrong.
 */
function isSeen({ observation, next }: Draft): boolean {
  const { traffic } = observation.evidence;
  return traffic?.standby === 'up' && traffic.at >= next.since;
}

/** A site that is well has spoken by then. */
const hasWaited = (d: Draft): boolean =>
  d.next.why === 'self-test-unseen' && isPast(d, d.next.whySince, d.policy.heartbeatTimeoutSeconds);

function whyUnseen(d: Draft): string | undefined {
  if (isSeen(d)) return undefined;
  const { traffic } = d.observation.evidence;
  const start = 'the standby answers on its host, and';
  if (traffic?.standby === undefined)
    return `${start} the site does not say whether HAProxy reaches it: bring the monitoring of the site to this version`;
  return `${start} HAProxy on the site does not reach it: "npm run failover -- doctor" there looks at the way, in the checks standby-port and standby-tls`;
}

function nextTest(d: Draft): number | undefined {
  const { selfTestSeconds } = d.policy;
  return selfTestSeconds > 0 ? inSeconds(d, selfTestSeconds) : undefined;
}

/** One failure is enough, unless it is only that the host has to boot first. */
function whyItFailed(d: Draft): string | undefined {
  const command = commandOf(d.next);
  const limit = d.policy.pilotLight ? hostStartSeconds : 0;
  return command?.status === 'failed' && isPast(d, d.next.since, limit) ? command.failure : undefined;
}
