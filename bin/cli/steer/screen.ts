import type { Health } from '../../../lambda/domain/evidence.ts';
import { reasons } from '../../../lambda/domain/reasons.ts';
import type { Command, State } from '../../../lambda/domain/state.ts';
import { type Situation, whoServes } from './situation.ts';
import { inTime, moment, span } from './time.ts';

const row = (name: string, text: string | undefined) =>
  text === undefined ? [] : [`  ${name.padEnd(11)}${text}`];

/** One screen about one service: who serves first, the one thing to do last. */
export const lines = (one: Situation): string[] => [...facts(one), ...toDo(one)];

export const toDo = (one: Situation): string[] => row('do', one.do);

/** What is known; what is not there takes no line. */
export function facts(one: Situation): string[] {
  const { at } = one;
  return [
    `${one.service}: ${firstLine(one)}`,
    ...row('why', reasons[one.reason]),
    ...row('clients', clientsLine(one)),
    ...row('primary', primaryLine(one)),
    ...row('in charge', `the ${one.inCharge}, epoch ${one.epoch}`),
    ...row('standby', one.startFailure && failureLine(one.startFailure, at)),
    ...row('flapping', one.flapping ? flappingLine(one) : undefined),
    ...row('paused', one.pause && pauseLine(one.pause, at)),
    ...row('held', one.heldBy && `by ${one.heldBy}, until a failback is asked for`),
    ...row('doing', one.command && commandLine(one.command, one)),
    ...row('drift', one.drift),
    ...row('next', nextLine(one)),
  ];
}

/** Who serves, for how long, and what is going on. Of who is not known, how long there has been silence. */
export function firstLine({ serving, says, lastingSince, at }: Situation): string {
  const lasting =
    lastingSince === undefined ? '' : `for ${span(at - lastingSince)} (since ${moment(lastingSince, at)})`;
  const who = whoServes[serving];
  if (serving === 'unknown') return `${who}; ${says}${lasting && ` ${lasting}`}`;
  return `${who}${lasting && `, ${lasting}`}${says && `; ${says}`}`;
}

function clientsLine({ clients, evidence, at }: Situation): string | undefined {
  const { waiting, refused, saidAt } = clients;
  if (clients.serving === 'unknown') {
    const { traffic } = evidence;
    return traffic && `sent to: ${traffic.to}, when the site said so last, ${span(at - traffic.at)} ago`;
  }
  const counts = [
    ...(waiting === undefined ? [] : [`${waiting === 0 ? 'none' : waiting} wait`]),
    ...(refused === undefined ? [] : [`${refused === 0 ? 'none' : refused} refused in the last minute`]),
  ];
  const seen = saidAt === undefined ? '' : `the site said so ${span(at - saidAt)} ago`;
  return [counts.join(', '), seen].filter(Boolean).join('; ');
}

const health: Record<Health, string> = {
  up: 'up',
  down: 'down',
  suspected: 'suspected to be down',
  unknown: 'unknown: nothing that was heard counts any more',
};

function primaryLine({ primary, evidence, at }: Situation): string {
  const { upAt, downAt, countsUntil } = evidence;
  const ago = (moment: number | undefined) => (moment === undefined ? 'never' : `${span(at - moment)} ago`);
  const kept = countsUntil === undefined ? '' : ` (counts for ${span(countsUntil - at)} more)`;
  return `${health[primary]}${kept}; last seen up ${ago(upAt)}, down ${ago(downAt)}`;
}

const failureLine = ({ at: failedAt, failure }: NonNullable<State['startFailure']>, at: number) =>
  `failed to start ${span(at - failedAt)} ago (${moment(failedAt, at)}): ${oneLine(failure)}`;

function flappingLine({ policy }: Situation): string {
  const { flapLimit, flapWindowSeconds, flapStableSeconds } = policy;
  return `${flapLimit} failovers or more within ${span(flapWindowSeconds * 1000)}; it comes home when the primary has been up for ${span(flapStableSeconds * 1000)} without a break`;
}

const pauseLine = ({ until, by, why }: NonNullable<State['pause']>, at: number) =>
  `for ${span(until - at)} more (until ${moment(until, at)}) by ${by}: ${why}`;

function commandLine(command: Command, { at, policy }: Situation): string {
  const what = command.action === 'tell' ? 'tell the host of the pause' : command.action;
  const tried = `${what}, attempt ${command.attempt}`;
  if (command.status === 'failed') {
    const { failure, retryAt } = command;
    const again = retryAt > at ? `the next try is at ${inTime(retryAt, at)}` : 'the next try is due';
    return `${tried} failed: ${oneLine(failure)}; ${again}`;
  }
  const until = command.requestedAt + policy.commandTimeoutSeconds * 1000;
  return `${tried}, asked for ${span(at - command.requestedAt)} ago; without an answer it is tried again at ${moment(until, at)}`;
}

const outcomes: Record<State['phase'], string> = {
  home: 'the standby sleeps again',
  warming: 'the standby is started ahead',
  cooling: 'the standby that was started ahead is stopped again',
  starting: 'failover: the standby is started',
  serving: 'failover: the standby takes over',
  draining: 'failback: traffic goes to the primary',
  stopping: 'the standby has drained and is stopped',
};

const assumptions: Record<Health, string> = {
  up: 'if the primary stays up',
  down: 'if the primary stays down',
  suspected: 'if the suspicion goes on',
  unknown: 'if nothing is heard',
};

/** What comes next, with its time, or what it waits for. */
function nextLine(one: Situation): string {
  const { next, at, primary } = one;
  if (!next) return waitsFor(one);
  const isTest = next.reason === 'self-test-running';
  const what = isTest ? 'the standby is started for a self-test' : outcomes[next.phase];
  return `at ${inTime(next.at, at)}, ${assumptions[primary]}: ${what}`;
}

/** What it waits for, where it is not a matter of time alone. */
function waitsFor(one: Situation): string {
  const { phase, command, heldBy, pause, primary, policy, at } = one;
  if (command?.action === 'start' || command?.action === 'stop') {
    const tried = command.status === 'failed' ? command.retryAt : undefined;
    return tried === undefined
      ? `waits for the answer of the host to "${command.action}"`
      : `waits for the next try, at ${inTime(Math.max(tried, at), at)}`;
  }
  if (phase === 'serving') {
    if (heldBy !== undefined) return 'waits for a failback on request; nothing by itself';
    const stable = one.flapping ? policy.flapStableSeconds : policy.stableSeconds;
    const cooledAt = one.completedAt + policy.cooldownSeconds * 1000;
    const notBefore = cooledAt > at ? `, but not before ${moment(cooledAt, at)}` : '';
    return `failback when the primary has been up for ${span(stable * 1000)} without a break${notBefore}`;
  }
  if (pause) return `waits for the end of the pause, at ${inTime(pause.until, at)}`;
  if (primary === 'unknown') return 'waits for the site to say how the primary is';
  if (phase === 'home') return 'waits for a failure of the primary';
  return 'waits for the answer of the host, which is asked again and again';
}

/** Without what could break a line; the whole text is in Run Command. */
const oneLine = (text: string) => text.trim().replace(/\s+/g, ' ');
