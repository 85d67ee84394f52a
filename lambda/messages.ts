import type { Entry, EntryKind, Reason } from './domain/types.ts';

/** What a person reads. SNS takes subjects of up to 100 ASCII characters, on one line. */
export function message(entry: Entry): { subject: string; body: string } {
  const { headline, next } = texts[entry.kind];
  const took = entry.tookMilliseconds === undefined ? '' : ` after ${seconds(entry.tookMilliseconds)}`;
  const subject = `[failover] ${entry.service}: ${headline}${took}`;
  const body = [
    `${entry.service}: ${headline}${took}.`,
    '',
    `Why:    ${reasons[entry.reason]}`,
    ...(entry.by ? [`By:     ${entry.by}`] : []),
    ...(entry.detail ? [`Detail: ${entry.detail}`] : []),
    `When:   ${new Date(entry.at).toISOString()}`,
    `Epoch:  ${entry.epoch}`,
    '',
    next,
  ].join('\n');
  return { subject: subject.replace(/[^\x20-\x7e]/g, '?').slice(0, 100), body };
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

const nothingToDo = 'Nothing to do.';

/** What each kind of entry says, and what to expect or do next. */
export const texts: Record<EntryKind, { headline: string; next: string }> = {
  'failover-started': {
    headline: 'failover to the standby started',
    next: 'Next: the standby starts; a message follows when it answers its health path. HAProxy sends it traffic from then on.',
  },
  'failover-completed': {
    headline: 'the standby serves',
    next: 'Next: traffic comes home by itself once the primary has been healthy without a break. Find out why it failed.',
  },
  'failover-abandoned': {
    headline: 'failover abandoned, the primary is back',
    next: 'Next: the standby is stopped again. Nothing to do.',
  },
  'failover-stuck': {
    headline: 'nobody serves, and the standby does not start',
    next: 'The start is tried again and again. Do something now: look at the command in Systems Manager, Run Command, and at the primary.',
  },
  'switchover-started': {
    headline: 'switchover to the standby started',
    next: 'Next: the standby starts. When it serves, set the primary to "drain" in HAProxy on the site. It stays there until a failback is asked for.',
  },
  'failback-started': {
    headline: 'failback to the primary started',
    next: 'Next: requests on the standby finish, then it is stopped; a message follows.',
  },
  'failback-completed': { headline: 'the primary serves, the standby sleeps', next: nothingToDo },
  'command-failed': {
    headline: 'a command on the standby host failed',
    next: 'It is tried again until it succeeds or is no longer needed. If the primary is down, nobody serves: look at the command in Systems Manager, Run Command.',
  },
  'host-starting': {
    headline: 'the standby host was stopped and is being started',
    next: 'Next: the standby starts when the host has registered with Systems Manager.',
  },
  'host-stopping': { headline: 'the standby host is stopped, it was idle', next: nothingToDo },
  'no-capacity': {
    headline: 'EC2 has no capacity for the standby host',
    next: 'The start is tried again, with the next instance type if there are alternates (standby.alternateInstanceTypes). If the primary is down, nobody serves until one succeeds.',
  },
  'standby-warmed': {
    headline: 'the standby is started on suspicion',
    next: 'Next: a failover if the trouble lasts; otherwise the standby is stopped again.',
  },
  'suspicion-passed': {
    headline: 'the suspicion has passed',
    next: 'Next: the standby is stopped again.',
  },
  'standby-restarted': {
    headline: 'the standby had died and was restarted',
    next: 'It serves again. Find out why it died: its log is on the host (docker logs).',
  },
  flapping: {
    headline: 'it flaps: the service stays on the standby',
    next: 'It comes home when the primary has been healthy for much longer than usual, or when somebody acknowledges. Find out what makes the primary come and go.',
  },
  refused: {
    headline: 'a failover was refused',
    next: 'The primary is down and automation is paused: nothing is moved until the pause ends or somebody resumes or asks for a failover.',
  },
  'site-silent': {
    headline: 'the site is silent',
    next: 'While it lasts, no outage of the primary can be seen from here. Look at Prometheus, Alertmanager and the way out of the site.',
  },
  'site-heard': { headline: 'the site is heard again', next: nothingToDo },
  'self-test-started': { headline: 'self-test started', next: 'Next: a message with the result.' },
  'self-test-passed': {
    headline: 'self-test passed',
    next: 'The standby started, answered its health path, and is stopped again. Nothing to do.',
  },
  'self-test-failed': {
    headline: 'self-test FAILED',
    next: 'An outage of the primary would not be covered now. Look at the command in Systems Manager, Run Command, and at the image.',
  },
  drift: {
    headline: 'drift found on the standby host',
    next: 'Nothing is changed by itself. Put it right, or a failover may not bring what you expect.',
  },
  'drift-gone': { headline: 'the drift is gone', next: nothingToDo },
  paused: {
    headline: 'automation is paused',
    next: 'Nothing is moved until it ends by itself or somebody resumes. An outage is told, and not answered.',
  },
  resumed: { headline: 'automation is resumed', next: nothingToDo },
  'pause-expired': { headline: 'the pause is over', next: 'Automation decides again. Nothing to do.' },
  acknowledged: {
    headline: 'flapping acknowledged',
    next: 'Earlier failovers no longer count; the service comes home as usual.',
  },
  'request-refused': { headline: 'a request was refused', next: nothingToDo },
};

/** Each reason as a sentence. */
export const reasons: Record<Reason, string> = {
  'primary-healthy': 'the primary answers its health path',
  'primary-suspected': 'the first bad sign from the primary',
  'suspicion-rate-limited': 'the standby was started on suspicion only a moment ago',
  'awaiting-confirmation': 'the standby answers, and the trouble of the primary is not certain yet',
  'suspicion-passed': 'the primary answers its health path',
  'standby-cooling': 'the standby that was started ahead is being stopped again',
  'self-test-running': 'the standby is started to see whether it would start',
  'self-test-passed': 'the standby started and answered its health path',
  'self-test-failed': 'the standby did not start as it should',
  'never-heard': 'the site has never said anything; set up its monitoring and the webhook',
  'prometheus-dead':
    'Alertmanager repeats what is old: Prometheus is dead, or the clock of the site is wrong',
  'alertmanager-dead':
    'the site answers, but its monitoring says nothing: Alertmanager or Prometheus is dead, cannot reach the webhook, or HAProxy and the probe disagree',
  'site-silent':
    'the monitoring of the site says nothing: it is dead, its link is cut, or the whole site is dark; without a witness nobody can tell, and nothing is moved',
  'site-dark': 'the monitoring of the site says nothing, and its public address does not answer either',
  'primary-down': 'the primary does not answer its health path',
  'standby-starting': 'the standby is being started',
  'start-failed': 'the start of the standby failed; it is tried again',
  'host-not-ready': 'the host is not ready: it is stopped, starting, or not registered with Systems Manager',
  'no-capacity': 'EC2 has no capacity of this instance type at the moment',
  'standby-healthy': 'the standby answers its health path',
  'standby-not-answering': 'the standby does not answer any more',
  'primary-still-down': 'the primary does not answer its health path yet',
  'primary-not-yet-stable': 'the primary has not been healthy for long enough',
  'cooldown-active': 'the failover was completed too recently',
  flapping: 'too many failovers in a short time',
  'held-by-operator': 'an operator switched over; a failback must be asked for',
  'primary-recovered': 'the primary has been healthy without a break for long enough',
  'primary-back-before-standby': 'the primary answers again, and the standby did not serve yet',
  'standby-draining': 'requests on the standby finish',
  'standby-drained': 'the standby has drained',
  'standby-stopping': 'the standby is being stopped',
  'stop-failed': 'the stop of the standby failed; it is tried again',
  'standby-stopped': 'the standby has drained and is stopped',
  'paused-by-operator': 'automation is paused by an operator',
  'not-paused': 'automation is not paused',
  'not-flapping': 'there is no flapping to acknowledge',
  'switchover-requested': 'an operator asked for a switchover',
  'failover-requested': 'an operator asked for a failover',
  'failback-requested': 'an operator asked for a failback',
  'self-test-requested': 'an operator asked for a self-test',
  'primary-not-healthy': 'there is no fresh proof that the primary is healthy',
  'standby-already-in-charge': 'the standby is in charge already',
  'primary-already-in-charge': 'the primary is in charge already',
  'move-under-way': 'a move is under way; ask again when it is done',
  'host-idle': 'the host has not been needed for a while',
  drift: 'the host is not as the control plane left it',
};
