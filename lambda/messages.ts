import type { Entry, EntryKind, Reason } from './domain/types.ts';

/** What a person reads. SNS takes subjects of up to 100 ASCII characters, on one line. */
export function message(entry: Entry): { subject: string; body: string } {
  const { headline, next } = texts[entry.kind];
  const took = entry.tookMilliseconds === undefined ? '' : ` after ${seconds(entry.tookMilliseconds)}`;
  const subject = `[failover] ${entry.service}: ${headline}${took}`;
  const body = [
    `${entry.service}: ${headline}${took}.`,
    '',
    `Why:    ${reasons[entry.reason] ?? entry.reason}`,
    ...(entry.detail ? [`Detail: ${entry.detail}`] : []),
    `When:   ${new Date(entry.at).toISOString()}`,
    `Epoch:  ${entry.epoch}`,
    '',
    next,
  ].join('\n');
  return { subject: subject.replace(/[^\x20-\x7e]/g, '?').slice(0, 100), body };
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

const texts: Record<EntryKind, { headline: string; next: string }> = {
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
  'failback-started': {
    headline: 'failback to the primary started',
    next: 'Next: requests on the standby finish, then it is stopped; a message follows.',
  },
  'failback-completed': {
    headline: 'the primary serves, the standby sleeps',
    next: 'Nothing to do.',
  },
  'command-failed': {
    headline: 'a command on the standby host failed',
    next: 'It is tried again until it succeeds or is no longer needed. If the primary is down, nobody serves: look at the command in Systems Manager, Run Command.',
  },
  'host-starting': {
    headline: 'the standby host was stopped and is being started',
    next: 'Next: the start of the standby is tried again when the host has registered with Systems Manager.',
  },
  'standby-warmed': {
    headline: 'the standby is started on suspicion',
    next: 'Next: a failover if the trouble lasts; otherwise the standby is stopped again.',
  },
  'suspicion-passed': {
    headline: 'the suspicion has passed',
    next: 'Next: the standby is stopped again.',
  },
};

const reasons: Partial<Record<Reason, string>> = {
  'primary-suspected': 'the first bad sign from the primary',
  'suspicion-passed': 'the primary answers its health path',
  'primary-down': 'the primary does not answer its health path',
  'standby-healthy': 'the standby answers its health path',
  'primary-back-before-standby': 'the primary answers again, and the standby did not serve yet',
  'primary-recovered': 'the primary has been healthy without a break for long enough',
  'standby-stopped': 'the standby has drained and is stopped',
  'host-not-ready': 'Systems Manager cannot reach the host',
};
