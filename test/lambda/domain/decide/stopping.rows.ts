/** The specification of the phase `stopping`, one row a rule. The epoch is 7 and there are no effects unless the row says so. */
import { at, command, failed, isDown, isUp, now, pause, type Row, reports, sent } from './given.ts';

export const stopping: readonly Row[] = [
  {
    given: 'stopping, the host is at it',
    state: at('stopping', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('in-progress') },
    reason: 'standby-stopping',
    phase: 'stopping',
  },
  {
    given: 'stopping, done',
    state: at('stopping', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('succeeded') },
    reason: 'standby-stopped',
    phase: 'home',
    effects: ['failback-completed'],
  },
  {
    given: 'stopping, the whole host is stopped',
    state: at('stopping', { command: command('stop', { ...failed(now, 'host-off') }) }),
    seen: { evidence: isUp, capacity: 'off' },
    reason: 'standby-stopped',
    phase: 'home',
    effects: ['failback-completed'],
  },
  {
    given: 'stopping, the command failed',
    state: at('stopping', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('failed') },
    reason: 'stop-failed',
    phase: 'stopping',
    effects: ['command-failed'],
  },
  {
    given: 'stopping, the primary is down again while the stop runs',
    state: at('stopping', { command: command('stop', sent) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'stopping, the primary is down again, but paused: the stop goes on',
    state: at('stopping', { pause, command: command('stop', sent) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'standby-stopping',
    phase: 'stopping',
  },
];
