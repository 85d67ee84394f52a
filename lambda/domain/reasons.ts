/**
 * Why a service stands where it stands, or does not move, as a sentence: exactly one per decision. The names are what
 * is recorded and compared, the sentences are for people.
 */
export const reasons = {
  // The primary is in charge.
  'primary-healthy': 'the primary answers its health path',
  'primary-suspected': 'the first bad sign from the primary',
  'suspicion-rate-limited': 'the standby was started on suspicion only a moment ago',
  'awaiting-confirmation': 'the standby answers, and the trouble of the primary is not certain yet',
  'suspicion-passed': 'the primary answers its health path',
  'standby-cooling': 'the standby that was started ahead is being stopped again',
  'self-test-running': 'the standby is started to see whether it would start',
  'self-test-unseen': 'the standby answers on its host, and the site has not seen it yet',
  'self-test-passed': 'the standby started, and the site saw it answer its health path',
  'self-test-failed': 'the standby did not start as it should, or the site did not see it',
  // The site is silent: nothing fresh proves anything about the primary.
  'never-heard': 'the site has never said anything; set up its monitoring and the webhook',
  'prometheus-dead':
    'Alertmanager repeats what is old: Prometheus is dead, or the clock of the site is wrong',
  'alertmanager-dead':
    'the site answers, but its monitoring says nothing: Alertmanager or Prometheus is dead, cannot reach the webhook, somebody has silenced its alerts, or HAProxy does not answer',
  'site-silent':
    'the monitoring of the site says nothing: it is dead or silenced, its link is cut, or the whole site is dark; without a witness nobody can tell, and nothing is moved',
  'views-disagree':
    'HAProxy finds the primary up and the probe finds it down; neither is believed until they agree',
  'site-dark': 'the monitoring of the site says nothing, and its public address does not answer either',
  'clock-ahead': 'the clock of the site is ahead; what it says counts from its arrival',
  'woken-by-site': 'the site has woken its standby by itself, over the line',
  // On the way to the standby, and there.
  'primary-down': 'the primary does not answer its health path',
  'standby-starting': 'the standby is being started',
  'start-failed': 'the start of the standby failed; it is tried again',
  'host-not-ready': 'the host is not ready: it is stopped or starting, or cannot be reached yet',
  'no-capacity': 'the cloud has no machine of this type at the moment',
  'standby-healthy': 'the standby answers its health path',
  'standby-not-answering': 'the standby does not answer any more',
  'primary-still-down': 'the primary does not answer its health path yet',
  'primary-not-yet-stable': 'the primary has not been healthy for long enough',
  'cooldown-active': 'the failover was completed too recently',
  flapping: 'too many failovers in a short time',
  'held-by-operator': 'an operator switched over; a failback must be asked for',
  // On the way home.
  'primary-recovered': 'the primary has been healthy without a break for long enough',
  'primary-back-before-standby': 'the primary answers again, and the standby did not serve yet',
  'standby-draining': 'requests on the standby finish',
  'standby-drained': 'the standby has drained',
  'standby-stopping': 'the standby is being stopped',
  'stop-failed': 'the stop of the standby failed; it is tried again',
  'standby-stopped': 'the standby has drained and is stopped',
  // Operators.
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
  // Upkeep.
  'host-idle': 'the host has not been needed for a while',
  drift: 'the host is not as the control plane left it',
} as const;

export type Reason = keyof typeof reasons;
