/** The specification of the phase `cooling`, one row a rule. The epoch is 7 and there are no effects unless the row says so. */
import { at, command, downFor, early, isUp, pause, type Row, reports, sent } from './given.ts';

export const cooling: readonly Row[] = [
  {
    given: 'cooling, the host is at it',
    policy: early,
    state: at('cooling', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('in-progress') },
    reason: 'standby-cooling',
    phase: 'cooling',
  },
  {
    given: 'cooling, done: nobody need hear of it',
    policy: early,
    state: at('cooling', { command: command('stop', sent) }),
    seen: { evidence: isUp, command: reports('succeeded') },
    reason: 'standby-stopped',
    phase: 'home',
  },
  {
    given: 'cooling, and now it is certain',
    policy: early,
    state: at('cooling', { command: command('stop', sent) }),
    seen: { evidence: downFor(3), command: reports('in-progress') },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'cooling, certain, but paused: the stop goes on',
    policy: early,
    state: at('cooling', { pause, command: command('stop', sent) }),
    seen: { evidence: downFor(5), command: reports('in-progress') },
    reason: 'standby-cooling',
    phase: 'cooling',
  },
];
