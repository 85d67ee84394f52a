import type { Reason } from '../../../lambda/domain/reasons.ts';
import type { Situation } from './situation.ts';

const nothing = 'Nothing: this is as it should be.';
const lookAtPrimary = 'Find out why the primary failed, and repair it; traffic comes home by itself then.';
const lookAtMonitoring =
  'Look at Prometheus and Alertmanager on the site ("failover doctor" there checks the whole chain).';
const lookAtHost =
  'Look at the command in Systems Manager, Run Command, and at the host; docs/runbook.md has the causes.';

/** What a person can do about each reason. Those that need nobody are left out. */
const remedies: Partial<Record<Reason, readonly string[]>> = {
  'never-heard': ['Set up the site: "failover site init", then "docker compose up" in onprem/.'],
  'prometheus-dead': [lookAtMonitoring],
  'alertmanager-dead': [lookAtMonitoring],
  'site-silent': [
    lookAtMonitoring,
    'If the whole site is down: "failover failover" moves it without proof; with services[].witnessUrl that happens by itself.',
  ],
  'site-dark': ['Bring the site back; traffic comes home by itself then.'],
  'primary-down': [lookAtPrimary],
  'primary-still-down': [lookAtPrimary],
  'primary-suspected': ['Wait for the confirmation, or look at the primary.'],
  'suspicion-rate-limited': ['Find out why the primary is suspected again and again.'],
  'standby-starting': ['Wait; a mail follows when it serves, or when it does not.'],
  'start-failed': [lookAtHost],
  'stop-failed': [lookAtHost],
  'host-not-ready': [lookAtHost],
  'no-capacity': ['Add standby.alternateInstanceTypes, or start another instance type by hand.'],
  'standby-not-answering': [lookAtHost, 'Repair the primary: it is taken back as soon as it answers.'],
  'primary-not-yet-stable': ['Wait, or bring it home now: "failover failback".'],
  'cooldown-active': ['Wait, or bring it home now: "failover failback".'],
  flapping: [
    'Find out why the primary comes and goes.',
    'Then let the usual rules hold again: "failover acknowledge".',
  ],
  'held-by-operator': ['Bring it home when the work is done: "failover failback".'],
  'paused-by-operator': ['Let automation act again: "failover resume".'],
  'self-test-failed': [lookAtHost, 'Then try again: "failover self-test".'],
};

export function advice({ reason, drift, serving, pause }: Situation): readonly string[] {
  const found = [
    ...(remedies[reason] ?? []),
    ...(pause && reason !== 'paused-by-operator'
      ? ['Let automation act again when the work is done: "failover resume".']
      : []),
    ...(drift === undefined
      ? []
      : ['Put the drift of the host right: deploy again, or run "failover site init".']),
  ];
  if (found.length > 0) return found;
  return [serving === 'nobody' ? lookAtHost : nothing];
}
