/** The specification of the phase `draining`, one row a rule. The epoch is 7 and there are no effects unless the row says so. */
import { ago, at, isDown, isSuspected, isUp, pause, type Row, silent } from './given.ts';

export const draining: readonly Row[] = [
  {
    given: 'draining, not long enough',
    state: at('draining', { since: ago(24) }),
    seen: { evidence: isUp },
    reason: 'standby-draining',
    phase: 'draining',
  },
  {
    given: 'draining, long enough',
    state: at('draining', { since: ago(25) }),
    seen: { evidence: isUp },
    reason: 'standby-drained',
    phase: 'stopping',
    effects: ['stop 7/1'],
  },
  {
    given: 'draining, the monitoring died: nothing proves that the primary lives',
    state: at('draining', { since: ago(600) }),
    seen: { evidence: silent },
    reason: 'site-silent',
    phase: 'draining',
    effects: ['site-silent'],
  },
  {
    given: 'draining, the primary is down again',
    state: at('draining'),
    seen: { evidence: isDown },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'draining, long enough, but the primary is suspected',
    state: at('draining', { since: ago(600) }),
    seen: { evidence: isSuspected },
    reason: 'primary-suspected',
    phase: 'draining',
  },
  {
    given: 'draining, the primary is down again, but paused: the standby goes on',
    state: at('draining', { pause }),
    seen: { evidence: isDown },
    reason: 'paused-by-operator',
    phase: 'draining',
    effects: ['refused'],
  },
  {
    given: 'draining, the site goes dark',
    state: at('draining', { since: ago(600) }),
    seen: { evidence: silent, witness: 'unreachable' },
    reason: 'site-dark',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
];
