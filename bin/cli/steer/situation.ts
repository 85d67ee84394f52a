import type { OperatorAnswer } from '../../../lambda/contract/events.ts';
import type { Evidence, Health } from '../../../lambda/domain/evidence.ts';
import { primaryHealth } from '../../../lambda/domain/health.ts';
import { type Reason, reasons } from '../../../lambda/domain/reasons.ts';
import { type Command, commandOf, heldByOf, type State } from '../../../lambda/domain/state.ts';
import { type Forecast, forecast } from './forecast.ts';
import { moment, span } from './time.ts';

/** What is known about one service, for people and for programs. All moments are Unix milliseconds. */
export type Situation = {
  readonly service: string;
  /** Who answers clients, as far as the control plane knows. */
  readonly serving: 'primary' | 'standby' | 'nobody';
  readonly headline: string;
  readonly phase: State['phase'];
  readonly epoch: number;
  readonly since: number;
  readonly reason: Reason;
  readonly reasonSince: number;
  readonly primary: Health;
  /** Until when the newest word about the primary counts: a lease for "down", a heartbeat for "up". */
  readonly evidence: Evidence & { readonly countsUntil?: number };
  readonly pause?: State['pause'];
  readonly heldBy?: string;
  readonly command?: Command;
  readonly drift?: string;
  readonly next: Forecast | undefined;
  readonly at: number;
};

export function situationOf(answer: OperatorAnswer): Situation {
  const { state, evidence, policy, at } = answer;
  const primary = primaryHealth(evidence, policy, at);
  const { phase, epoch, since, whySince, pause, drift } = state;
  const heldBy = heldByOf(state);
  const command = commandOf(state);
  const serving = servingOf(state, primary);
  return {
    service: state.service,
    serving,
    headline: headlineOf(state, serving),
    phase,
    epoch,
    since,
    reason: state.why,
    reasonSince: whySince,
    primary,
    evidence: { ...evidence, ...countsUntil(answer, primary) },
    ...(pause && pause.until > at && { pause }),
    ...(heldBy !== undefined && { heldBy }),
    ...(command && { command }),
    ...(drift !== undefined && { drift }),
    next: forecast({ state, evidence, policy, now: at }),
    at,
  };
}

function countsUntil({ evidence, policy }: OperatorAnswer, primary: Health) {
  const { upAt = 0, downAt = 0, suspectAt = 0 } = evidence;
  if (primary === 'unknown') return {};
  if (primary === 'up') return { countsUntil: upAt + policy.heartbeatTimeoutSeconds * 1000 };
  return { countsUntil: (primary === 'down' ? downAt : suspectAt) + policy.leaseSeconds * 1000 };
}

function servingOf(state: State, primary: Health): Situation['serving'] {
  const { phase, why } = state;
  switch (phase) {
    case 'serving':
      return why === 'standby-not-answering' ? 'nobody' : 'standby';
    // A planned move begins with a primary that serves on until the standby is there.
    case 'starting':
      return heldByOf(state) !== undefined && primary === 'up' ? 'primary' : 'nobody';
    // HAProxy does not wait for a decision: it uses a standby that answers as soon as it finds the primary down.
    case 'warming':
    case 'draining':
      if (primary !== 'down') return 'primary';
      return phase === 'draining' || why === 'awaiting-confirmation' ? 'standby' : 'nobody';
    default:
      return primary === 'down' ? 'nobody' : 'primary';
  }
}

function headlineOf(state: State, serving: Situation['serving']): string {
  const what = serving === 'nobody' ? 'nobody serves' : `the ${serving} serves`;
  switch (state.phase) {
    case 'home':
      return what;
    case 'warming':
      if (serving === 'standby') return `${what}; it was started ahead, and the failover is not decided yet`;
      return `${what}; the standby is started ${state.testing ? 'for a self-test' : 'ahead, on suspicion'}`;
    case 'cooling':
      return `${what}; the standby that was started ahead is stopped again`;
    case 'starting':
      return `${what}; the standby is being started`;
    case 'serving':
      return serving === 'nobody' ? `${what}; the standby is in charge and does not answer` : what;
    case 'draining':
      return `${what}; ${serving === 'standby' ? 'it goes on until the primary is well' : 'requests on the standby finish'}`;
    case 'stopping':
      return `${what}; the standby is being stopped`;
  }
}

/** One screen about one service; what is not there takes no line. */
export function lines(one: Situation): string[] {
  const { service, headline, at, since, epoch } = one;
  const row = (name: string, text: string) => `  ${name.padEnd(11)}${text}`;
  const began = since === 0 ? '' : `, for ${span(at - since)} (since ${moment(since, at)}), epoch ${epoch}`;
  return [
    `${service}: ${headline}${began}`,
    row('why', reasons[one.reason]),
    row('primary', evidenceLine(one)),
    ...(one.pause ? [row('paused', pauseLine(one.pause, at))] : []),
    ...(one.heldBy === undefined ? [] : [row('held', `by ${one.heldBy}, until a failback is asked for`)]),
    ...(one.command ? [row('doing', commandLine(one.command, at))] : []),
    ...(one.drift === undefined ? [] : [row('drift', one.drift)]),
    row('next', nextLine(one)),
  ];
}

const words: Record<Health, string> = {
  up: 'up',
  down: 'down',
  suspected: 'suspected to be down',
  unknown: 'unknown: nothing that was heard counts any more',
};

function evidenceLine({ primary, evidence, at }: Situation): string {
  const { upAt, downAt, countsUntil } = evidence;
  const ago = (moment: number | undefined) => (moment === undefined ? 'never' : `${span(at - moment)} ago`);
  const kept = countsUntil === undefined ? '' : ` (counts for ${span(countsUntil - at)} more)`;
  return `${words[primary]}${kept}; last seen up ${ago(upAt)}, down ${ago(downAt)}`;
}

const pauseLine = ({ until, by, why }: NonNullable<State['pause']>, at: number) =>
  `for ${span(until - at)} more (until ${moment(until, at)}) by ${by}: ${why}`;

function commandLine(command: Command, at: number) {
  const tried = `${command.action}, attempt ${command.attempt}`;
  if (command.status !== 'failed') return `${tried}, asked for ${span(at - command.requestedAt)} ago`;
  const { failure, retryAt } = command;
  const again = retryAt > at ? `the next try is in ${span(retryAt - at)}` : 'the next try is due';
  return `${tried} failed: ${failure}; ${again}`;
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

function nextLine(one: Situation): string {
  const { next, at, primary } = one;
  if (!next) return withoutForecast(one);
  const when = next.at - at <= 1000 ? 'now' : `in ${span(next.at - at)} (${moment(next.at, at)})`;
  const what =
    next.reason === 'self-test-running' ? 'the standby is started for a self-test' : outcomes[next.phase];
  return `${when}, ${assumptions[primary]}: ${what}`;
}

/** What it waits for, where it is not a matter of time. */
function withoutForecast({ phase, serving, primary, heldBy, pause }: Situation): string {
  if (heldBy !== undefined && phase === 'serving')
    return 'nothing by itself; "failover failback" brings it home';
  if (phase === 'serving' && serving === 'standby')
    return 'failback when the primary has been up without a break';
  if (phase !== 'home') return 'depends on the answer of the host, which is asked again and again';
  if (pause) return 'nothing while automation is paused; "failover resume" ends that';
  if (primary === 'unknown')
    return 'nothing while nobody knows how the primary is; repair the monitoring of the site';
  return 'failover when the primary fails';
}
