import { span } from '../time.ts';
import { always, type Case, isHeld, isIn, isPaused, nothing, now, type } from './case.ts';

/** The standby serves. */
export const standby: readonly Case[] = [
  {
    id: 'held',
    when: (facts) => facts.phase === 'serving' && isHeld(facts),
    says: 'an operator holds it there',
    means: 'Somebody has switched over. Only a failback on request brings the service home.',
    more: 'Work on the site',
    act: (facts) => `When the work is done: start the primary, then ${type('failback', facts)}.`,
  },
  {
    id: 'flapping',
    when: (facts) => facts.phase === 'serving' && facts.flapping,
    says: 'the primary comes and goes (flapping)',
    means: 'The service has failed over too often in a short time, and stays on the standby for longer.',
    more: 'Mail flapping',
    act: (facts) =>
      `Find out why the primary comes and goes; then ${type('acknowledge', facts)}. Without that it comes home when the primary has been healthy for ${span(facts.policy.flapStableSeconds * 1000)} without a break.`,
  },
  {
    id: 'served-while-paused',
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
    when: isIn('starting'),
    says: 'the host has not confirmed its start yet',
    means: 'The standby answers already. The control plane hears of it in a moment.',
    act: () => nothing,
  },
  {
    id: 'served-before-decided',
    when: isIn('warming'),
    says: 'it was started ahead, and the failover is not decided yet',
    means: 'HAProxy uses a standby that answers as soon as the primary is down, and waits for no decision.',
    act: () => nothing,
  },
  {
    id: 'served-while-draining',
    when: isIn('draining'),
    says: 'the primary has failed again, and the standby goes on',
    means: 'On the way home the primary has failed again. The standby has not been stopped yet.',
    act: () => nothing,
  },
  {
    id: 'served-against-the-books',
    when: always,
    says: 'the control plane is about to stop it, or did not start it',
    means:
      'The standby runs because somebody started it by hand, or because the primary failed just before it was stopped.',
    more: 'Mail drift',
    act: (facts) => now(`${type('failover', facts)}, so that the standby is kept running`),
  },
];
