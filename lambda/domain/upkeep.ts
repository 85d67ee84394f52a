import { inFlight, pursue, requestCommand, requestStart, success } from './command.ts';
import { begin, type Draft, inSeconds, isPast, isPaused, note, said, set } from './draft.ts';
import { cool } from './moves.ts';
import type { Command, Reason, StandbyFacts } from './types.ts';

/** How long a self-test may wait for a host that has to be started first. */
const hostStartSeconds = 600;

/** What there is to do at home, with a healthy primary: one thing at a time. */
export function keepHouse(d: Draft): Reason | undefined {
  if (d.next.command !== undefined) return inspecting(d, d.next.command);
  if (isPaused(d)) return undefined;
  const { selfTestSeconds, pilotLight, inspectSeconds, hostIdleSeconds } = d.policy;
  if (selfTestSeconds > 0 && isPast(d, d.next.testedAt, selfTestSeconds)) return beginTest(d);
  if (!pilotLight && isPast(d, d.next.inspectedAt, inspectSeconds)) requestCommand(d, 'inspect');
  const isIdle = isPast(d, Math.max(d.next.since, d.next.hostStopAt ?? 0), hostIdleSeconds);
  if (pilotLight && d.observation.host === 'running' && isIdle) {
    note(d, 'host-stopping', 'host-idle', { quiet: true });
    set(d, { hostStopAt: d.now });
    d.effects.push({ type: 'stop-host' });
  }
  return undefined;
}

/** Starts the standby to see whether it would. Nobody sends it traffic, for the primary is up. */
export function beginTest(d: Draft, by?: string): Reason {
  begin(d, 'warming');
  set(d, { testing: true, testedAt: d.now });
  note(d, 'self-test-started', by ? 'self-test-requested' : 'self-test-running', {
    quiet: true,
    ...(by && { by }),
  });
  requestStart(d);
  return 'self-test-running';
}

/** Until the standby has answered or has failed to. */
export function test(d: Draft): Reason {
  const done = success(d);
  const failure = done ? undefined : whyItFailed(d);
  const tookMilliseconds = d.now - d.next.since;
  if (done) {
    note(d, 'self-test-passed', 'self-test-passed', { tookMilliseconds, nextAt: nextTest(d), ...said(done) });
    if (done.facts) tellDrift(d, imageDrift(d, done.facts));
  } else if (failure) {
    note(d, 'self-test-failed', 'self-test-failed', {
      tookMilliseconds,
      nextAt: nextTest(d),
      detail: failure,
    });
  } else {
    pursue(d, 'start', 'self-test-running');
    return 'self-test-running';
  }
  cool(d);
  return failure ? 'self-test-failed' : 'self-test-passed';
}

function nextTest(d: Draft): number | undefined {
  const { selfTestSeconds } = d.policy;
  return selfTestSeconds > 0 ? inSeconds(d, selfTestSeconds) : undefined;
}

/** One failure is enough, unless it is only that the host has to boot first. */
function whyItFailed(d: Draft): string | undefined {
  const { command, since } = d.next;
  const limit = d.policy.pilotLight ? hostStartSeconds : 0;
  if (command?.retryAt === undefined || !isPast(d, since, limit)) return undefined;
  return (
    command.failure ?? (command.noCapacity ? 'EC2 has no capacity for the host' : 'the host did not start')
  );
}

/** The look at the sleeping standby: is it as we left it? */
function inspecting(d: Draft, command: Command): Reason | undefined {
  const facts = success(d)?.facts;
  if (facts) {
    set(d, { command: undefined, inspectedAt: d.now });
    tellDrift(d, driftOf(d, facts));
  } else if (success(d)) {
    set(d, { command: undefined, inspectedAt: d.now });
  } else if (!inFlight(d, command)) {
    if (command.hostUnreachable && d.observation.host === 'stopped')
      tellDrift(d, 'the instance of the standby is stopped, and it should be running');
    pursue(d, 'inspect', 'primary-healthy');
  }
  return undefined;
}

function driftOf(d: Draft, facts: StandbyFacts): string | undefined {
  if (facts.runs) return 'the standby runs, and nobody here started it';
  if (facts.trouble) return `the host says: ${facts.trouble}; a start may fail`;
  return imageDrift(d, facts);
}

function tellDrift(d: Draft, drift: string | undefined): void {
  if (drift === d.next.drift) return;
  if (drift) note(d, 'drift', 'drift', { detail: drift, nextAt: inSeconds(d, d.policy.inspectSeconds) });
  else note(d, 'drift-gone', 'drift', { quiet: true });
  set(d, { drift });
}

/** Names differ from registry to registry, so only what names the content is compared. */
function imageDrift(d: Draft, { image, id, digest }: StandbyFacts): string | undefined {
  const primary = d.observation.evidence.primaryImage;
  const hash = primary && /sha256:[0-9a-f]{64}/.exec(primary)?.[0];
  if (!hash || hash === id || digest?.endsWith(hash)) return undefined;
  return `the standby's image is ${image} (${digest ?? id}), the primary's is ${primary}`;
}

/** Whether the standby that serves still does, by all that is known without asking anew. */
export function isAnswering(d: Draft): boolean {
  const { command } = d.next;
  const done = success(d);
  if (done) {
    if (done.facts?.ran === false) note(d, 'standby-restarted', 'standby-healthy', said(done));
    set(d, { command: undefined, verifiedAt: d.now });
    return true;
  }
  if (command !== undefined) return command.attempt === 1 && command.retryAt === undefined;
  return !isHostGone(d);
}

/**
 * Asks the standby that serves: the start is sent again now and then, which changes nothing on a host where
 * it answers, and restarts it where it died.
 */
export function verify(d: Draft): void {
  const { command, verifiedAt } = d.next;
  const isMissed = (d.observation.evidence.nobodyAt ?? 0) > (verifiedAt ?? 0);
  const isDue = isMissed || isHostGone(d) || isPast(d, verifiedAt, d.policy.verifySeconds);
  if (command !== undefined) pursue(d, 'start', 'standby-healthy');
  else if (isDue) requestStart(d);
}

/** Nothing runs on an instance that is stopped. */
export function isHostGone({ observation: { host } }: Draft): boolean {
  return host === 'stopped' || host === 'terminated';
}
