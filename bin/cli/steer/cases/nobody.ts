import { seenSeconds } from '../clients.ts';
import type { Facts } from '../situation.ts';
import { inTime } from '../time.ts';
import {
  always,
  byHand,
  type Case,
  deadline,
  doctor,
  hasFailed,
  isHome,
  isIn,
  isOverdue,
  isPaused,
  now,
  type,
} from './case.ts';

const waitElse = (facts: Facts) =>
  `Wait until ${inTime(deadline(facts), facts.at)}. If nobody serves by then: ${byHand(facts)}.`;
const decidedAt = ({ evidence, at, policy, next }: Facts) =>
  next?.at ?? (evidence.troubleSince ?? at) + policy.confirmSeconds * 1000;

/** Nobody serves, and something is under way that may end that. */
const pending = (facts: Facts) => (isOverdue(facts) ? now(byHand(facts)) : waitElse(facts));
const untilDecided = (facts: Facts) =>
  `Wait until ${inTime(decidedAt(facts), facts.at)}: it is decided then. If it is not: ${type('failover', facts)}.`;

/** Nobody serves: clients wait, or get errors. */
export const nobody: readonly Case[] = [
  {
    id: 'paused-outage',
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
    when: ({ reason }) => reason === 'no-capacity',
    says: 'the cloud has no machine for the standby',
    means: 'The host was stopped, and AWS has no capacity to start it. The next type is tried by itself.',
    more: 'Mail no-capacity',
    act: () =>
      'Now: get the primary back, or name more types in standby.alternateInstanceTypes and deploy (npm run failover -- deploy).',
  },
  {
    id: 'start-stuck',
    when: (facts) => facts.phase === 'starting' && isOverdue(facts),
    says: 'the standby does not start',
    means:
      'The standby has not answered in the time after which people are told. It is tried again by itself.',
    more: 'Mail failover-stuck',
    act: (facts) => now(byHand(facts)),
  },
  {
    id: 'start-failed',
    when: hasFailed,
    says: 'the start of the standby failed, and is tried again',
    means: 'The host has refused or failed to start the standby; the line "doing" has what it said.',
    more: 'Mail command-failed',
    act: (facts) => now(byHand(facts)),
  },
  {
    id: 'host-starting',
    when: ({ reason }) => reason === 'host-not-ready',
    says: 'the host of the standby is being started',
    means: 'The host was stopped or is not reached yet. It takes half a minute, sometimes minutes.',
    more: 'Mail host-starting',
    act: pending,
  },
  {
    id: 'starting',
    when: isIn('starting'),
    says: 'the standby is being started',
    means: 'The failover is decided, and the standby is on its way. Requests wait.',
    more: 'Mail failover-started',
    act: pending,
  },
  {
    id: 'starting-ahead',
    when: isIn('warming'),
    says: 'the standby is started, and the failover is not decided yet',
    means: 'The first bad sign is some seconds old. The standby starts while it is not certain yet.',
    act: pending,
  },
  {
    id: 'standby-not-reached',
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
    when: isIn('serving'),
    says: 'the standby is in charge and does not answer',
    means: 'The standby, or the way to it, has failed while it was in charge. It is started again by itself.',
    more: 'Alert StandbyNotServing',
    act: pending,
  },
  {
    id: 'not-decided',
    when: always,
    says: 'the failover is not decided yet',
    means: 'The primary has failed a moment ago, or was up again only briefly.',
    act: untilDecided,
  },
];
