import type { Health } from './domain/evidence.ts';
import type { Entry, EntryKind, Seen } from './domain/history.ts';

/**
 * The texts of all mails. lambda/mail.ts makes mails of them, and `npm run docs` shows each in docs/e-mails.md.
 * A name in braces is filled in. A sentence with a name that has no value in this mail is left out.
 *
 *     {service} {by} {attempt}
 *     {took}     since the move began        {trouble}  from the first bad sign until this
 *     {next}     when the next step is due   {nextBy}   … and somebody must have looked
 *     {stable}   how long the primary must be healthy
 *     {woken}    when the site woke the standby    {needed}  for how long it asked for it
 *     {since} {age} {host}                   of what was seen
 */
export type Text = {
  /** What happened: the subject, and the first line. */
  readonly headline: string;
  /** Goes on the headline; the first that can be filled. */
  readonly after?: readonly string[];
  /** Nothing to do if left out. */
  readonly urgency?: (entry: Entry) => Urgency;
  /** What to do about it, at the end of the first line. */
  readonly lead?: { readonly [U in Urgency]?: string };
  readonly done: readonly string[];
  readonly next: readonly string[];
  /** What to do if that does not happen. */
  readonly ifNot: readonly string[];
  /** The command that shows more. */
  readonly look: 'doctor' | 'history' | 'status' | 'why';
};

/**
 * `act`: somebody must do something now, because clients are not served, or nothing would stand between them
 * and the next fault, and nothing will change that by itself. `soon`: on the next working day.
 */
export type Urgency = 'act' | 'soon' | 'none';

/** In the subject and in the first line, so that a filter can tell who is woken. */
export const words: Record<Urgency, string> = { act: 'ACT: ', soon: 'SOON: ', none: '' };

/** At the end of the first line, if the text has no `lead`. */
export const leads: Record<Urgency, string> = {
  act: 'Look at it now.',
  soon: 'Nobody has to get up for it.',
  none: 'Nothing to do now.',
};

export const labels = {
  when: 'When:',
  why: 'Why:',
  was: 'Was:',
  seen: 'Seen:',
  by: 'Who:',
  detail: 'Detail:',
  done: 'Done:',
  next: 'Next:',
  ifNot: 'If not:',
  look: 'Look:',
  read: 'Read:',
};

const soon = () => 'soon' as const;

/** A first failure is tried again by itself, and most often that is all. */
function ifRepeated({ attempt = 1, reason, seen }: Entry): Urgency {
  if (attempt === 1) return 'none';
  const isStart = reason === 'start-failed' || reason === 'no-capacity';
  return isStart && seen?.primary !== 'up' ? 'act' : 'soon';
}

const byHand =
  'If neither has come by then, the control plane itself is in trouble: start the container by hand (docs/runbook.md, "By hand").';

/** Of each kind that is sent. */
const mails = {
  'failover-started': {
    headline: 'failover to the standby started',
    after: [', {trouble} after the first bad sign'],
    done: [
      'The standby is in charge. Its start was sent to the host, if the first bad sign had not started it already.',
      'HAProxy on the site sends it the clients as soon as it answers its health path, and asks nobody for that.',
    ],
    next: [
      'A mail "the standby serves" when it answers; if it does not, a mail that says so, by {nextBy} at the latest.',
    ],
    ifNot: [byHand],
    look: 'why',
  },
  'failover-completed': {
    headline: 'the standby serves',
    after: [', {trouble} after the first bad sign', ', {took} after it was decided'],
    done: [
      'The standby answers its health path, and HAProxy sends it the clients while the primary does not answer.',
      'It did so from its first answer on, which can have been before this was decided.',
      'The site had woken it by itself, over the line, at {woken}.',
    ],
    next: [
      'The service comes home by itself when the primary has been healthy without a break for {stable}, but not before {next}; two mails will say so.',
      '{by} holds it there: only a failback on request brings it home (npm run failover -- failback --service {service}). HAProxy prefers a healthy primary, so stop the primary for as long as the standby is to have the clients.',
    ],
    ifNot: [
      'If the primary does not come back by itself and stay for {stable}, repair it; the standby serves meanwhile.',
    ],
    look: 'status',
  },
  'failover-abandoned': {
    headline: 'failover abandoned, the primary is back',
    done: ['The primary answers again and the standby had not answered yet: the primary is in charge.'],
    next: ['The standby is stopped again, from {next} on, and a mail says so.'],
    ifNot: ['If the primary goes on coming and going, find out why: the history has each time.'],
    look: 'history',
  },
  'failover-stuck': {
    headline: 'the standby does not start',
    after: [', {took} after the failover was decided'],
    urgency: ({ seen }) => (seen?.primary === 'up' ? 'soon' : 'act'),
    lead: {
      act: 'Nobody serves: get the standby started, or the primary.',
      soon: 'The primary answers, so clients are served.',
    },
    done: ['The start is tried again, at least once a minute, until it succeeds or the primary is back.'],
    next: ['The next try is at {next}.', 'A mail "the standby serves" when one succeeds.'],
    ifNot: [
      'Read what the host said last, in the detail here or in Systems Manager, Run Command, and put it right; no restart of anything is needed then.',
      'The primary may be the quicker way: as soon as it answers, HAProxy sends it the clients.',
    ],
    look: 'why',
  },
  'switchover-started': {
    headline: 'switchover to the standby started',
    done: ['The standby is in charge. Its start was sent to the host.'],
    next: [
      'A mail "the standby serves" when it answers; if it does not, a mail that says so, by {nextBy} at the latest.',
      'Stop the primary only after that: until then HAProxy sends it the clients.',
    ],
    ifNot: [byHand],
    look: 'status',
  },
  'failback-started': {
    headline: 'failback to the primary started',
    done: ['The primary is in charge. HAProxy sends it the clients for as long as it answers.'],
    next: [
      'Requests on the standby finish. It is stopped from {next} on, if the primary is healthy in that moment, and a mail says so.',
    ],
    ifNot: ['If the primary fails again before that, a new failover follows by itself.'],
    look: 'why',
  },
  'failback-completed': {
    headline: 'the primary serves, the standby sleeps',
    after: [' after {took}'],
    done: ['The standby has drained and is stopped.'],
    next: ['Nothing else follows.'],
    ifNot: [],
    look: 'history',
  },
  'command-failed': {
    headline: 'a command on the standby host failed',
    after: [', attempt {attempt}'],
    urgency: ifRepeated,
    lead: {
      none: 'It is tried again by itself.',
      act: 'Nobody serves while the primary is down: read what the host said, and put it right.',
      soon: 'Nobody has to get up for it, but it does not pass by itself.',
    },
    done: ['Nothing was changed by it that the next try would not repeat.'],
    next: [
      'It is tried again at {next}, then after ever longer waits of at most a minute, until it succeeds or is no longer needed. The 2nd, 4th, 8th failure and so on are told.',
    ],
    ifNot: [
      'Read what the host said, in the detail here or in Systems Manager, Run Command, and put it right; the next try finds it so.',
    ],
    look: 'why',
  },
  'host-starting': {
    headline: 'the standby host was stopped and is being started',
    done: ['The instance was sent a start.'],
    next: [
      'The standby starts when the host has registered with Systems Manager: often half a minute, sometimes minutes.',
      'The next look at it is at {next}.',
    ],
    ifNot: ['If it runs and does not register, reboot the instance.'],
    look: 'status',
  },
  'no-capacity': {
    headline: 'EC2 has no capacity for the standby host',
    after: [', attempt {attempt}'],
    urgency: ifRepeated,
    lead: {
      none: 'It is tried again by itself.',
      act: 'Nobody serves until it has, or until the primary is back.',
      soon: 'An outage would not be covered now.',
    },
    done: ['The instance was not started.'],
    next: ['It is tried again at {next}, as the next type if standby.alternateInstanceTypes names any.'],
    ifNot: [
      'If it lasts, get the primary back, or name other types in failover.yaml and deploy (npm run failover -- deploy).',
    ],
    look: 'why',
  },
  'standby-restarted': {
    headline: 'the standby had died and was restarted',
    after: [', no site served for {took}'],
    done: [
      'The container did not run when the host was asked. It was started again and answers its health path.',
      'It was the site that asked, over the line, at {woken}.',
    ],
    next: ['It serves on; nothing else follows.'],
    ifNot: ['If it dies again, its log is on the host: docker logs failover-{service}.'],
    look: 'why',
  },
  'standby-woken': {
    headline: 'the site woke its standby by itself',
    after: [', for {needed}'],
    urgency: soon,
    lead: { soon: 'Find out by day why the control plane did not hear of the outage.' },
    done: [
      'The primary did not answer, and HAProxy asked the host to wake the standby, over the line, at {woken}.',
      'It answered {took} later.',
      'Clients were served by it while the primary did not answer: {needed}.',
      'No failover was recorded then: nothing had told the control plane of the outage, or it was not there itself.',
    ],
    next: [
      'Nothing is moved because of this: the primary is in charge, and the standby sleeps again by itself.',
    ],
    ifNot: [
      'If you do not know why it did not hear of it: npm run failover -- doctor tries the way of the alerts.',
    ],
    look: 'history',
  },
  flapping: {
    headline: 'the standby serves, and stays (flapping)',
    after: [', {trouble} after the first bad sign', ', {took} after it was decided'],
    urgency: soon,
    lead: { soon: 'Find out by day what makes the primary come and go.' },
    done: [
      'The standby answers its health path, and HAProxy sends it the clients while the primary does not answer.',
      'The service has failed over too often in a short time, so the word of the primary counts for less.',
    ],
    next: [
      'The service comes home when the primary has been healthy without a break for {stable}, or when somebody acknowledges.',
    ],
    ifNot: ['When the cause is repaired: npm run failover -- acknowledge --service {service}'],
    look: 'history',
  },
  refused: {
    headline: 'the primary is lost, and a failover was refused',
    urgency: () => 'act',
    lead: { act: 'Nothing is moved while automation is paused: end the pause, or ask for a failover.' },
    done: ['Nothing. {by} has paused automation until {next}.'],
    next: [
      'Nothing before {next}. The failover follows within a minute after it, if the primary is still lost.',
    ],
    ifNot: [
      'Not to wait for it: npm run failover -- resume --service {service} (then all goes on by itself), or npm run failover -- failover --service {service} (this one move).',
    ],
    look: 'why',
  },
  'site-silent': {
    headline: 'the site is silent',
    after: [', last heard {age} ago'],
    urgency: ({ site }) => (site === 'standby' ? 'soon' : 'act'),
    lead: {
      act: 'No outage of the primary would be seen: look whether the site serves, then at its monitoring.',
      soon: 'The standby is in charge, and stays while the silence lasts; whether it serves, only clients know.',
    },
    done: ['Nothing. Silence alone moves nothing.'],
    next: ['A mail "the site is heard again" as soon as it is.'],
    ifNot: [
      'On the site, the command below says which part is dead. If the site cannot be reached and clients are not served: npm run failover -- failover --service {service}',
    ],
    look: 'doctor',
  },
  'site-heard': {
    headline: 'the site is heard again',
    done: ['What the site says counts again.'],
    next: ['Nothing else follows, unless the site says that the primary is down.'],
    ifNot: [],
    look: 'status',
  },
  'site-clock': {
    headline: 'the clock of the site is wrong',
    urgency: soon,
    lead: {
      soon: 'What the site says still counts, but a dead Prometheus is noticed later: put it right by day.',
    },
    done: ['What the site says counts from its arrival, in the order of its own moments.'],
    next: ['Nothing else follows; it is told once.'],
    ifNot: ['On the site: chronyc tracking, or timedatectl, on the machine that runs Prometheus.'],
    look: 'doctor',
  },
  'self-test-passed': {
    headline: 'self-test passed',
    after: [' after {took}'],
    done: [
      'The standby was started without traffic, HAProxy on the site saw it answer its health path, and it is being stopped again.',
    ],
    next: ['The next self-test is due on {next}.'],
    ifNot: [],
    look: 'why',
  },
  'self-test-failed': {
    headline: 'self-test failed',
    after: [' after {took}'],
    urgency: soon,
    lead: { soon: 'The primary serves, but an outage would not be covered: put it right by day.' },
    done: ['What was started is being stopped again.'],
    next: ['The next self-test is due on {next}.'],
    ifNot: [
      'Put right what the host said, and ask for a test at once: npm run failover -- self-test --service {service}',
    ],
    look: 'why',
  },
  drift: {
    headline: 'drift found on the standby host',
    urgency: soon,
    lead: { soon: 'A failover may not bring what you expect: put it right by day.' },
    done: ['Nothing is changed by itself.'],
    next: ['It is looked at again at {next}; the same drift is told once.'],
    ifNot: ['The detail says what differs; docs/runbook.md says what to do about each.'],
    look: 'doctor',
  },
  paused: {
    headline: 'automation is paused',
    after: [' until {next}'],
    done: ['Nothing is moved by itself any more. What people ask for is done.'],
    next: ['The pause ends by itself. An outage before that is told, and not answered.'],
    ifNot: ['To end it before: npm run failover -- resume --service {service}'],
    look: 'status',
  },
  resumed: {
    headline: 'automation is resumed',
    done: ['The control plane decides by itself again.'],
    next: ['Nothing else follows, unless something is to be moved.'],
    ifNot: [],
    look: 'status',
  },
  'pause-expired': {
    headline: 'the pause is over',
    done: ['The control plane decides by itself again.'],
    next: ['Nothing else follows, unless something is to be moved.'],
    ifNot: ['If the work goes on: npm run failover -- pause --for 1h --reason TEXT --service {service}'],
    look: 'status',
  },
  acknowledged: {
    headline: 'flapping acknowledged',
    done: ['The failovers before this no longer count.'],
    next: [
      'The service comes home when the primary has been healthy without a break for {stable}, but not before {next}.',
    ],
    ifNot: [],
    look: 'status',
  },
} satisfies { readonly [K in EntryKind]?: Text };

const inHistory = (headline: string): Text => ({ headline, done: [], next: [], ifNot: [], look: 'history' });

/** Of each kind that is kept in the history and never sent. */
const unsent = {
  'host-stopping': inHistory('the standby host is stopped, it was idle'),
  'standby-warmed': inHistory('the standby is started on suspicion'),
  'suspicion-passed': inHistory('the suspicion has passed'),
  'self-test-started': inHistory('self-test started'),
  'drift-gone': inHistory('the drift is gone'),
  'request-refused': inHistory('a request was refused'),
} satisfies { readonly [K in EntryKind]?: Text };

export const texts: Record<EntryKind, Text> = { ...mails, ...unsent };

export const mailKinds = Object.keys(mails) as readonly (keyof typeof mails)[];

/** What was known of the primary when it was decided; the first that can be filled. */
export const primarySeen: Record<Health, readonly string[]> = {
  up: [
    'HAProxy and the probe have seen the primary answer without a break since {since}; the newest sight was {age} old.',
    'HAProxy and the probe have seen the primary answer; the newest sight was {age} old.',
  ],
  suspected: [
    'HAProxy (the probe, while HAProxy says nothing) has seen trouble with the primary since {since}; the newest sight was {age} old.',
    'HAProxy (the probe, while HAProxy says nothing) has seen trouble with the primary; the newest sight was {age} old.',
  ],
  down: [
    'HAProxy (the probe, while HAProxy says nothing) has seen the primary down since {since}; the newest sight was {age} old.',
    'HAProxy (the probe, while HAProxy says nothing) has seen the primary down; the newest sight was {age} old.',
  ],
  unknown: [],
};

/** Nothing fresh is known: what the site said last, if it ever said anything. */
export const lastSaid: Record<NonNullable<Seen['said']> | 'nothing', string> = {
  up: 'Nothing fresh is known of the primary; the last word, {age} old, was that it answers.',
  suspected: 'Nothing fresh is known of the primary; the last word, {age} old, was of trouble.',
  down: 'Nothing fresh is known of the primary; the last word, {age} old, was that it is down.',
  nothing: 'The site has never said anything about the primary.',
};

export const witnessSeen: Record<NonNullable<Seen['witness']>, string> = {
  reachable: 'Asked from the cloud, the public address of the site answered.',
  unreachable: 'Asked from the cloud three times, the public address of the site did not answer.',
};

export const hostSeen = 'The host of the standby was {host}.';
