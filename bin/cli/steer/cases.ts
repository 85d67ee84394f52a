import type { Clients } from './clients.ts';
import type { Facts } from './situation.ts';
import { inTime, span } from './time.ts';
import { typed } from './typed.ts';

/**
 * What `status` says and advises. The first line of a screen and its last one come from here, and so does the table
 * at the beginning of docs/runbook.md. Who serves is the site's word; the rest is what the control plane is about.
 */
export type Case = {
  /** Stable, for programs. */
  readonly id: string;
  readonly serving: Clients['serving'];
  /** The first that holds is the case; one of each `serving` holds always. */
  readonly when: (facts: Facts) => boolean;
  /** Goes on the headline. */
  readonly says: string;
  /** For the runbook: what has happened, in a sentence. */
  readonly means: string;
  /** The paragraph of the runbook that has more. */
  readonly more?: string;
  /** The one thing to do. */
  readonly act: (facts: Facts) => string;
};

const always = () => true;
const isIn =
  (...phases: readonly Facts['phase'][]) =>
  ({ phase }: Facts) =>
    phases.includes(phase);
const isHome = ({ inCharge }: Facts) => inCharge === 'primary';
const isPaused = ({ pause }: Facts) => pause !== undefined;
const isHeld = ({ heldBy }: Facts) => heldBy !== undefined;

const type = (args: string, { service }: Facts) => `"${typed(args, service)}"`;
const nothing = 'Nothing: it goes on by itself.';

/** When a start that has not ended yet is to be looked at by a person. */
const deadline = ({ phase, clients, decidedAt, since, policy }: Facts) =>
  (phase === 'starting' ? decidedAt : (clients.since ?? since)) + policy.escalateSeconds * 1000;
const isOverdue = (facts: Facts) => facts.at >= deadline(facts);
/** In this phase, and not in a self-test of last week. */
const hasFailed = ({ command, startFailure, since }: Facts) =>
  startFailure !== undefined && startFailure.at >= since && command?.action === 'start';

const byHand = ({ service }: Facts) =>
  `get the primary back, or put right what the host says (docker logs failover-${service} on the host)`;
const waitElse = (facts: Facts) =>
  `Wait until ${inTime(deadline(facts), facts.at)}. If nobody serves by then: ${byHand(facts)}.`;
const now = (text: string) => `Now: ${text}.`;
const isDecided = ({ evidence, at, policy, next }: Facts) =>
  next?.at ?? (evidence.troubleSince ?? at) + policy.confirmSeconds * 1000;

/** HAProxy looks for a standby that is down five times a second; the word of it takes a second or two. */
const seenSeconds = 10;

/** Nobody serves, and something is under way that may end that. */
const pending = (facts: Facts) => (isOverdue(facts) ? now(byHand(facts)) : waitElse(facts));
const untilDecided = (facts: Facts) =>
  `Wait until ${inTime(isDecided(facts), facts.at)}: it is decided then. If it is not: ${type('failover', facts)}.`;

const curl = 'Ask the service first: curl -sI http://SITE:8080/ (X-Site says who answers).';
const doctor = `"${typed('doctor')}" on the site`;
const repairMonitoring = `If it answers, run ${doctor}, which says what is broken there.`;

export const cases: readonly Case[] = [
  {
    id: 'paused-outage',
    serving: 'nobody',
    when: (facts) => isPaused(facts) && isHome(facts),
    says: 'automation is paused',
    means: 'The primary is down, and nothing is moved by itself until the pause ends.',
    more: 'Mail refused',
    act: (facts) =>
      now(
        `${type('resume', facts)}, and automation goes on; or ${type('failover', facts)}, for this one move`,
      ),
  },
  {
    id: 'no-capacity',
    serving: 'nobody',
    when: ({ reason }) => reason === 'no-capacity',
    says: 'the cloud has no machine for the standby',
    means: 'The host was stopped, and AWS has no capacity to start it. The next type is tried by itself.',
    more: 'Mail no-capacity',
    act: () =>
      'Now: get the primary back, or name more types in standby.alternateInstanceTypes and deploy (npm run failover -- deploy).',
  },
  {
    id: 'start-stuck',
    serving: 'nobody',
    when: (facts) => facts.phase === 'starting' && isOverdue(facts),
    says: 'the standby does not start',
    means:
      'The standby has not answered in the time after which people are told. It is tried again by itself.',
    more: 'Mail failover-stuck',
    act: (facts) => now(byHand(facts)),
  },
  {
    id: 'start-failed',
    serving: 'nobody',
    when: hasFailed,
    says: 'the start of the standby failed, and is tried again',
    means: 'The host has refused or failed to start the standby; the line "doing" has what it said.',
    more: 'Mail command-failed',
    act: (facts) => now(byHand(facts)),
  },
  {
    id: 'host-starting',
    serving: 'nobody',
    when: ({ reason }) => reason === 'host-not-ready',
    says: 'the host of the standby is being started',
    means: 'The host was stopped or is not reached yet. It takes half a minute, sometimes minutes.',
    more: 'Mail host-starting',
    act: pending,
  },
  {
    id: 'starting',
    serving: 'nobody',
    when: isIn('starting'),
    says: 'the standby is being started',
    means: 'The failover is decided, and the standby is on its way. Requests wait.',
    more: 'Mail failover-started',
    act: pending,
  },
  {
    id: 'starting-ahead',
    serving: 'nobody',
    when: isIn('warming'),
    says: 'the standby is started, and the failover is not decided yet',
    means: 'The first bad sign is some seconds old. The standby starts while it is not certain yet.',
    act: pending,
  },
  {
    id: 'standby-not-reached',
    serving: 'nobody',
    when: ({ answeredAt, clients: { since = 0 } }) => answeredAt !== undefined && since <= answeredAt,
    says: 'the standby answers on its host, and HAProxy does not reach it',
    means:
      'For a second after a start that is normal. If it lasts, the way is blocked: a certificate, a firewall, the line.',
    more: 'Alert StandbyNotServing',
    act: (facts) => {
      const foundBy = (facts.answeredAt ?? 0) + seenSeconds * 1000;
      const look = `run ${doctor}, which looks at the way to the standby`;
      return facts.at < foundBy
        ? `Wait until ${inTime(foundBy, facts.at)}. If nobody serves by then: ${look}.`
        : now(look);
    },
  },
  {
    id: 'standby-died',
    serving: 'nobody',
    when: isIn('serving'),
    says: 'the standby is in charge and does not answer',
    means: 'The standby, or the way to it, has failed while it was in charge. It is started again by itself.',
    more: 'Alert StandbyNotServing',
    act: pending,
  },
  {
    id: 'not-decided',
    serving: 'nobody',
    when: always,
    says: 'the failover is not decided yet',
    means: 'The primary has failed a moment ago, or was up again only briefly.',
    act: untilDecided,
  },

  {
    id: 'held',
    serving: 'standby',
    when: (facts) => facts.phase === 'serving' && isHeld(facts),
    says: 'an operator holds it there',
    means: 'Somebody has switched over. Only a failback on request brings the service home.',
    more: 'Work on the site',
    act: (facts) => `When the work is done: start the primary, then ${type('failback', facts)}.`,
  },
  {
    id: 'flapping',
    serving: 'standby',
    when: (facts) => facts.phase === 'serving' && facts.flapping,
    says: 'the primary comes and goes (flapping)',
    means: 'The service has failed over too often in a short time, and stays on the standby for longer.',
    more: 'Mail flapping',
    act: (facts) =>
      `Find out why the primary comes and goes; then ${type('acknowledge', facts)}. Without that it comes home when the primary has been healthy for ${span(facts.policy.flapStableSeconds * 1000)} without a break.`,
  },
  {
    id: 'served-while-paused',
    serving: 'standby',
    when: isPaused,
    says: 'automation is paused',
    means: 'Clients are served by the standby. Nothing is moved by itself until the pause ends.',
    more: 'Mail paused',
    act: (facts) =>
      facts.inCharge === 'standby'
        ? `Nothing now. To let it come home before the pause ends: ${type('resume', facts)}.`
        : now(`${type('failover', facts)}, so that the standby is kept running`),
  },
  {
    id: 'standby-serves',
    serving: 'standby',
    when: isIn('serving'),
    says: '',
    means: 'The primary has failed, and the standby has taken over.',
    more: 'Mail failover-completed',
    act: ({ primary }) =>
      primary === 'up'
        ? 'Nothing: traffic goes home by itself.'
        : 'Nothing now. By day: find out why the primary failed, and repair it; traffic comes home by itself then.',
  },
  {
    id: 'standby-not-confirmed',
    serving: 'standby',
    when: isIn('starting'),
    says: 'the host has not confirmed its start yet',
    means: 'The standby answers already. The control plane hears of it in a moment.',
    act: () => nothing,
  },
  {
    id: 'served-before-decided',
    serving: 'standby',
    when: isIn('warming'),
    says: 'it was started ahead, and the failover is not decided yet',
    means: 'HAProxy uses a standby that answers as soon as the primary is down, and waits for no decision.',
    act: () => nothing,
  },
  {
    id: 'served-while-draining',
    serving: 'standby',
    when: isIn('draining'),
    says: 'the primary has failed again, and the standby goes on',
    means: 'On the way home the primary has failed again. The standby has not been stopped yet.',
    act: () => nothing,
  },
  {
    id: 'served-against-the-books',
    serving: 'standby',
    when: always,
    says: 'the control plane is about to stop it, or did not start it',
    means:
      'The standby runs because somebody started it by hand, or because the primary failed just before it was stopped.',
    more: 'Mail drift',
    act: (facts) => now(`${type('failover', facts)}, so that the standby is kept running`),
  },

  {
    id: 'switchover-stuck',
    serving: 'primary',
    when: (facts) => facts.phase === 'starting' && (hasFailed(facts) || isOverdue(facts)),
    says: 'the standby does not start',
    means: 'The standby was asked for and does not start. Clients are served by the primary.',
    more: 'Mail failover-stuck',
    act: (facts) =>
      `Put right what the host says (the line "doing"), or give it up: ${type('failback', facts)}.`,
  },
  {
    id: 'starting-with-primary',
    serving: 'primary',
    when: isIn('starting'),
    says: 'the standby is being started',
    means: 'A switchover has begun, or the primary is back before the standby.',
    act: (facts) =>
      isHeld(facts)
        ? `Wait until ${inTime(deadline(facts), facts.at)}. Stop the primary only when the standby is ready.`
        : nothing,
  },
  {
    id: 'ready',
    serving: 'primary',
    when: (facts) => facts.phase === 'serving' && isHeld(facts),
    says: 'the standby is in charge and ready; clients follow when the primary is stopped',
    means: 'A switchover is done. HAProxy prefers a healthy primary.',
    more: 'Work on the site',
    act: (facts) =>
      `To move the clients: stop the primary on the site ("docker compose stop api" in onprem/). When the work is done: start it, then ${type('failback', facts)}.`,
  },
  {
    id: 'returned-flapping',
    serving: 'primary',
    when: (facts) => facts.phase === 'serving' && facts.flapping,
    says: 'the standby stays ready, because the primary comes and goes (flapping)',
    means: 'The primary has the clients again. The standby is kept for longer than usual.',
    more: 'Mail flapping',
    act: (facts) => `Find out why the primary comes and goes; then ${type('acknowledge', facts)}.`,
  },
  {
    id: 'returned-while-paused',
    serving: 'primary',
    when: (facts) => facts.phase === 'serving' && isPaused(facts),
    says: 'the standby stays ready, because automation is paused',
    means: 'The primary has the clients again. The standby is not stopped before the pause ends.',
    more: 'Mail paused',
    act: (facts) => `When the work is done: ${type('resume', facts)}.`,
  },
  {
    id: 'returned',
    serving: 'primary',
    when: isIn('serving'),
    says: 'the standby stays ready until the primary has proven itself',
    means: 'The primary is back and has the clients. The failback follows by itself.',
    act: () => nothing,
  },
  {
    id: 'self-test',
    serving: 'primary',
    when: (facts) => facts.phase === 'warming' && facts.testing,
    says: 'the standby is started for a self-test',
    means: 'The standby is started to see whether it would start. No client notices.',
    act: () => nothing,
  },
  {
    id: 'started-ahead',
    serving: 'primary',
    when: isIn('warming'),
    says: 'the standby is started ahead, on suspicion',
    means: 'There was a bad sign from the primary, and it may have passed already.',
    act: () => nothing,
  },
  {
    id: 'stop-failed',
    serving: 'primary',
    when: ({ command }) => command?.action === 'stop' && command.status === 'failed',
    says: 'the standby cannot be stopped',
    means: 'The primary has the clients. The host did not stop the standby, and is asked again.',
    more: 'Mail command-failed',
    act: () => 'By day: put right what the host says (the line "doing").',
  },
  {
    id: 'cooling',
    serving: 'primary',
    when: isIn('cooling'),
    says: 'the standby that was started ahead is stopped again',
    means: 'The suspicion has passed, or the self-test is over.',
    act: () => nothing,
  },
  {
    id: 'draining',
    serving: 'primary',
    when: isIn('draining'),
    says: 'requests on the standby finish',
    means: 'The primary has the clients again, and what the standby still has finishes.',
    more: 'Mail failback-started',
    act: () => nothing,
  },
  {
    id: 'stopping',
    serving: 'primary',
    when: isIn('stopping'),
    says: 'the standby is being stopped',
    means: 'The last step of a failback.',
    act: () => nothing,
  },
  {
    id: 'views-disagree',
    serving: 'primary',
    when: ({ primary }) => primary === 'unknown',
    says: 'HAProxy and the probe disagree about it',
    means: 'HAProxy finds the primary up and the probe finds it down. No failover starts while that lasts.',
    more: 'Alert ViewsDisagree',
    act: () => now(`run ${doctor}; Alert ViewsDisagree in the runbook has the causes`),
  },
  {
    id: 'first-sign',
    serving: 'primary',
    when: ({ primary }) => primary === 'down' || primary === 'suspected',
    says: 'there was a bad sign from it',
    means: 'A check of the primary has failed, or it has just come back. It is watched.',
    act: () => nothing,
  },
  {
    id: 'start-unproven',
    serving: 'primary',
    when: ({ startFailure }) => startFailure !== undefined,
    says: 'the standby failed to start when it was tried last',
    means: 'An outage would not be covered: the last start or self-test failed, and none has passed since.',
    more: 'Mail self-test-failed',
    act: (facts) =>
      `By day: put right what the host said (the line "standby"), then ${type('self-test', facts)}.`,
  },
  {
    id: 'paused',
    serving: 'primary',
    when: isPaused,
    says: 'automation is paused',
    means: 'All is well. An outage would be told and not answered until the pause ends.',
    more: 'Mail paused',
    act: (facts) => `When the work is done: ${type('resume', facts)}.`,
  },
  {
    id: 'drift',
    serving: 'primary',
    when: ({ drift }) => drift !== undefined,
    says: 'the host of the standby is not as it was left',
    means: 'A failover may not bring what you expect; the line "drift" says what differs.',
    more: 'Mail drift',
    act: () => 'By day: put right what the line "drift" says (Mail drift in the runbook has the ways).',
  },
  {
    id: 'home',
    serving: 'primary',
    when: always,
    says: '',
    means: 'All is as it should be.',
    act: () => 'Nothing: this is as it should be.',
  },

  {
    id: 'never-heard',
    serving: 'unknown',
    when: ({ heardAt }) => heardAt === undefined,
    says: 'the site has never said anything',
    means: 'The control plane is deployed, and the site is not set up.',
    act: () => `Set up the site: "${typed('site init')}", then "docker compose up --detach" in onprem/.`,
  },
  {
    id: 'site-older',
    serving: 'unknown',
    when: ({ evidence, primary }) => evidence.traffic === undefined && primary !== 'unknown',
    says: 'the monitoring of the site does not say it',
    means: 'The site speaks, but its rules are those of an earlier version. Failovers work as before.',
    act: () => `${curl} By day: bring the site to this version (docs/upgrade.md).`,
  },
  {
    id: 'silent-standby',
    serving: 'unknown',
    when: ({ inCharge }) => inCharge === 'standby',
    says: 'the standby is in charge, and the site is silent',
    means: 'Nothing is heard from the site, so nobody knows whether HAProxy sends clients to the standby.',
    more: 'Mail site-silent',
    act: () => `${curl} ${repairMonitoring} If it does not, bring the site back: HAProxy is there.`,
  },
  {
    id: 'silent',
    serving: 'unknown',
    when: always,
    says: 'the site is silent',
    means: 'Nothing is heard from the site: its monitoring is dead or silenced, or its line, or all of it.',
    more: 'Mail site-silent',
    act: (facts) =>
      `${curl} ${repairMonitoring} If it does not, and the primary is lost: ${type('failover', facts)}.`,
  },
];

/** What is to be said about a service. */
export function caseOf(facts: Facts): Case {
  const found = cases.find(({ serving, when }) => serving === facts.clients.serving && when(facts));
  if (found) return found;
  throw new Error(`no case: ${facts.clients.serving} serves in phase ${facts.phase}`);
}
