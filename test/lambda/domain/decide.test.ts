import { describe, expect, it, test } from 'vitest';
import { decide } from '../../../lambda/domain/decide.ts';
import { draft, setOwn } from '../../../lambda/domain/draft.ts';
import type { Evidence } from '../../../lambda/domain/evidence.ts';
import type { Entry, EntryKind } from '../../../lambda/domain/history.ts';
import type {
  CommandReport,
  Observation,
  OperatorRequest,
  StandbyFacts,
} from '../../../lambda/domain/observation.ts';
import type { Phase } from '../../../lambda/domain/phase.ts';
import { siteOf } from '../../../lambda/domain/phase.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import type { Reason } from '../../../lambda/domain/reasons.ts';
import { reasons } from '../../../lambda/domain/reasons.ts';
import {
  commandOf,
  type FailureCause,
  heldByOf,
  type Pause,
  type State,
} from '../../../lambda/domain/state.ts';
import { mailKinds } from '../../../lambda/messages.ts';
import { policy } from '../../support/policy.ts';
import { type Changes, commandFor, loose, stateIn } from '../../support/state.ts';

const s = 1000;
/** "Now" in every row. */
const now = 10_000 * s;
const ago = (seconds: number) => now - seconds * s;

const isDown: Evidence = { downAt: ago(1), upAt: ago(60), upSince: ago(5000) };
const isUp: Evidence = { downAt: ago(5000), upAt: ago(1), upSince: ago(4000) };
const justUp: Evidence = { downAt: ago(10), upAt: ago(1), upSince: ago(1) };
const silent: Evidence = { downAt: ago(500), upAt: ago(400), upSince: ago(400) };

const at = (phase: Phase, more: Changes = {}): State =>
  stateIn(phase, {
    epoch: 7,
    since: ago(100),
    decidedAt: ago(100),
    // Nothing is due at home or while it serves unless the row says so.
    inspectedAt: ago(10),
    verifiedAt: ago(10),
    ...more,
  });
const command: typeof commandFor = (action, more) => commandFor(action, { requestedAt: ago(5), ...more });
const failed = (retryAt: number, cause: FailureCause = 'command', failure = 'no such image') =>
  ({ status: 'failed', cause, failure, retryAt }) as const;
const sent = { status: 'sent', id: 'c-1' } as const;
const reports = (outcome: CommandReport['outcome'], more: { serial?: number } = {}) =>
  ({ serial: 41, id: 'c-1', detail: 'no such image', newest: 77, ...more, outcome }) as CommandReport;

/** With the start on suspicion switched on. */
const early: Policy = { ...policy, startOnSuspicion: true };
const isSuspected: Evidence = {
  suspectAt: ago(0.5),
  troubleSince: ago(0.5),
  upAt: ago(2),
  upSince: ago(4000),
};
const downFor = (seconds: number): Evidence => ({
  suspectAt: ago(0.2),
  downAt: ago(0.2),
  troubleSince: ago(seconds),
  upAt: ago(seconds + 1),
  upSince: ago(4000),
});

const pause: Pause = { until: now + 1, by: 'eve', why: 'works on the network' };
/** With self-tests, and with an instance that sleeps too. */
const tested: Policy = { ...policy, selfTestSeconds: 700 };
const asleep: Policy = { ...policy, pilotLight: true };
const hash = (letter: string) => `sha256:${letter.repeat(64)}`;
const inspected = (more: Partial<StandbyFacts> = {}): CommandReport => ({
  serial: 41,
  outcome: 'succeeded',
  facts: { runs: false, ran: false, image: 'acme/api:1', id: hash('a'), ...more },
});

type Row = {
  given: string;
  state: State;
  seen: Observation;
  reason: Reason;
  phase: Phase;
  epoch?: number;
  effects?: string[];
  policy?: Policy;
};

/** The specification, one row a rule. `epoch` is 7 and there are no effects unless the row says so. */
const rows: Row[] = [
  {
    given: 'home, the primary is healthy',
    state: at('home'),
    seen: { evidence: isUp },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, nobody has said anything for too long',
    state: at('home'),
    seen: { evidence: silent },
    reason: 'site-silent',
    phase: 'home',
    effects: ['site-silent'],
  },
  {
    given: 'home, the primary is down',
    state: at('home'),
    seen: { evidence: isDown },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'home, suspicion, and no start on suspicion',
    state: at('home'),
    seen: { evidence: isSuspected },
    reason: 'primary-suspected',
    phase: 'home',
  },
  {
    given: 'home, suspicion',
    policy: early,
    state: at('home'),
    seen: { evidence: isSuspected },
    reason: 'primary-suspected',
    phase: 'warming',
    effects: ['standby-warmed', 'start 7/1'],
  },
  {
    given: 'home, down, but not for long enough to be certain',
    policy: early,
    state: at('home'),
    seen: { evidence: downFor(2.9) },
    reason: 'primary-suspected',
    phase: 'warming',
    effects: ['standby-warmed', 'start 7/1'],
  },
  {
    given: 'home, down for long enough',
    policy: early,
    state: at('home'),
    seen: { evidence: downFor(3) },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'home, suspicion again too soon',
    policy: early,
    state: at('home', { warmedAt: ago(59) }),
    seen: { evidence: isSuspected },
    reason: 'suspicion-rate-limited',
    phase: 'home',
    effects: ['refused'],
  },
  {
    given: 'home, suspicion again after a while',
    policy: early,
    state: at('home', { warmedAt: ago(60) }),
    seen: { evidence: isSuspected },
    reason: 'primary-suspected',
    phase: 'warming',
    effects: ['standby-warmed', 'start 7/1'],
  },
  {
    given: 'home, suspicion too soon, and then certainty',
    policy: early,
    state: at('home', { warmedAt: ago(10) }),
    seen: { evidence: downFor(3) },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'warming, the host is at it',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: isSuspected, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'warming',
  },
  {
    given: 'warming, the standby runs, and the trouble is not certain yet',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: downFor(2), command: reports('succeeded') },
    reason: 'awaiting-confirmation',
    phase: 'warming',
  },
  {
    given: 'warming, the trouble is certain, and the standby answers already',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: downFor(3), command: reports('succeeded') },
    reason: 'primary-down',
    phase: 'serving',
    epoch: 8,
    effects: ['failover-started', 'failover-completed'],
  },
  {
    given: 'warming, the trouble is certain, and the standby is not there yet',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: downFor(3), command: reports('in-progress') },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'warming, the suspicion has passed',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: isUp, command: reports('in-progress') },
    reason: 'suspicion-passed',
    phase: 'cooling',
    effects: ['suspicion-passed', 'stop 7/1'],
  },
  {
    given: 'warming, the monitoring died',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: silent, command: reports('succeeded') },
    reason: 'site-silent',
    phase: 'warming',
    effects: ['site-silent'],
  },
  {
    given: 'warming, the start failed',
    policy: early,
    state: at('warming', { command: command('start', sent) }),
    seen: { evidence: isSuspected, command: reports('failed') },
    reason: 'start-failed',
    phase: 'warming',
    effects: ['command-failed'],
  },
  {
    given: 'warming, the state lacks its command',
    policy: early,
    state: at('warming'),
    seen: { evidence: isSuspected },
    reason: 'standby-starting',
    phase: 'warming',
    effects: ['start 7/1'],
  },
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
    given: 'starting, the host has run newer commands than we remember',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('superseded') },
    reason: 'start-failed',
    phase: 'starting',
    effects: ['command-failed'],
  },
  {
    given: 'serving, a suspicion is no sign of health',
    state: at('serving'),
    seen: { evidence: { ...isSuspected, upSince: ago(4000) } },
    reason: 'primary-still-down',
    phase: 'serving',
  },
  {
    given: 'starting, the command is being dispatched by somebody',
    state: at('starting', { command: command('start') }),
    seen: { evidence: isDown },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, the dispatch was recorded but never happened',
    state: at('starting', { command: command('start', { requestedAt: ago(20) }) }),
    seen: { evidence: isDown },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['start 7/2'],
  },
  {
    given: 'starting, the host is at it',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, the standby answers its health path',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('succeeded') },
    reason: 'standby-healthy',
    phase: 'serving',
    effects: ['failover-completed'],
  },
  {
    given: 'starting, a success of an older command arrives',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('succeeded', { serial: 40 }) },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, a failure of an older command arrives',
    state: at('starting', { command: command('start', { ...sent, attempt: 2 }) }),
    seen: { evidence: isDown, command: reports('failed', { serial: 40 }) },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, the primary is back before the standby served',
    state: at('starting', { decidedAt: ago(3), command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('in-progress') },
    reason: 'primary-back-before-standby',
    phase: 'draining',
    epoch: 8,
    effects: ['failover-abandoned'],
  },
  {
    given: 'starting, the sign of the primary is older than the decision',
    state: at('starting', { decidedAt: ago(0.5), command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, both are back at once: who serves stays',
    state: at('starting', { decidedAt: ago(3), command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('succeeded') },
    reason: 'standby-healthy',
    phase: 'serving',
    effects: ['failover-completed'],
  },
  {
    given: 'starting, the command failed',
    state: at('starting', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('failed') },
    reason: 'start-failed',
    phase: 'starting',
    effects: ['command-failed'],
  },
  {
    given: 'starting, the third failure: people have heard enough for now',
    state: at('starting', { command: command('start', { ...sent, attempt: 3 }) }),
    seen: { evidence: isDown, command: reports('failed') },
    reason: 'start-failed',
    phase: 'starting',
  },
  {
    given: 'starting, the next try is not due',
    state: at('starting', { command: command('start', { ...failed(now + 1) }) }),
    seen: { evidence: isDown },
    reason: 'start-failed',
    phase: 'starting',
  },
  {
    given: 'starting, the next try is due',
    state: at('starting', { command: command('start', { ...failed(now) }) }),
    seen: { evidence: isDown },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['start 7/2'],
  },
  {
    given: 'starting, no end of the command within its limit',
    state: at('starting', { command: command('start', { ...sent, requestedAt: ago(200) }) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'start-failed',
    phase: 'starting',
    effects: ['command-failed'],
  },
  {
    given: 'starting, SSM cannot reach the host',
    state: at('starting', { command: command('start') }),
    seen: { evidence: isDown, command: reports('host-unreachable') },
    reason: 'host-not-ready',
    phase: 'starting',
    effects: ['command-failed'],
  },
  {
    given: 'starting, the host is stopped',
    state: at('starting', { command: command('start', { ...failed(now, 'host-off') }) }),
    seen: { evidence: isDown, capacity: 'off' },
    reason: 'host-not-ready',
    phase: 'starting',
    effects: ['start-capacity', 'host-starting'],
  },
  {
    given: 'starting, the host is up again',
    state: at('starting', { command: command('start', { ...failed(now, 'host-off') }) }),
    seen: { evidence: isDown, capacity: 'on' },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['start 7/2'],
  },
  {
    given: 'starting, the state lacks its command',
    state: at('starting'),
    seen: { evidence: isDown },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['start 7/1'],
  },
  {
    given: 'serving, the primary is still down',
    state: at('serving'),
    seen: { evidence: isDown },
    reason: 'primary-still-down',
    phase: 'serving',
  },
  {
    given: 'serving, the monitoring is silent',
    state: at('serving'),
    seen: { evidence: silent },
    reason: 'site-silent',
    phase: 'serving',
    effects: ['site-silent'],
  },
  {
    given: 'serving, the primary has only just come back',
    state: at('serving'),
    seen: { evidence: justUp },
    reason: 'primary-not-yet-stable',
    phase: 'serving',
    effects: ['refused'],
  },
  {
    given: 'serving, the failover was completed too recently',
    state: at('serving', { failovers: [ago(299)] }),
    seen: { evidence: isUp },
    reason: 'cooldown-active',
    phase: 'serving',
    effects: ['refused'],
  },
  {
    given: 'serving, the primary has recovered for good',
    state: at('serving', { failovers: [ago(300)] }),
    seen: { evidence: isUp },
    reason: 'primary-recovered',
    phase: 'draining',
    epoch: 8,
    effects: ['failback-started'],
  },
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
    given: 'home, nobody has ever said anything',
    state: at('home', { why: 'primary-healthy' }),
    seen: { evidence: {} },
    reason: 'never-heard',
    phase: 'home',
  },
  {
    given: 'home, silence of which people have heard already',
    state: at('home', { silence: 'site-silent' }),
    seen: { evidence: silent },
    reason: 'site-silent',
    phase: 'home',
  },
  {
    given: 'home, Alertmanager went on repeating what was old',
    state: at('home'),
    seen: { evidence: { ...silent, staleAt: ago(390) } },
    reason: 'prometheus-dead',
    phase: 'home',
    effects: ['site-silent'],
  },
  {
    given: 'home, silence, and the witness sees the site',
    state: at('home'),
    seen: { evidence: silent, witness: 'reachable' },
    reason: 'alertmanager-dead',
    phase: 'home',
    effects: ['site-silent'],
  },
  {
    given: 'home, silence, and the witness sees nobody either',
    state: at('home', { silence: 'site-silent' }),
    seen: { evidence: silent, witness: 'unreachable' },
    reason: 'site-dark',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'home, the witness sees nobody, but nobody has ever said anything either',
    state: at('home'),
    seen: { evidence: {}, witness: 'unreachable' },
    reason: 'never-heard',
    phase: 'home',
  },
  {
    given: 'home, the silence is over',
    state: at('home', { silence: 'site-silent' }),
    seen: { evidence: isUp },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['site-heard'],
  },
  {
    given: 'C6: home, the clock of the site is ahead',
    state: at('home'),
    seen: { evidence: { ...isUp, aheadMilliseconds: 5000 } },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['site-clock'],
  },
  {
    given: 'C6: home, the clock is ahead by less than anybody would mend',
    state: at('home'),
    seen: { evidence: { ...isUp, aheadMilliseconds: 4999 } },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'C6: home, the clock is still ahead',
    state: at('home', { clockTold: true }),
    seen: { evidence: { ...isUp, aheadMilliseconds: 9000 } },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'C6: home, the clock is right again',
    state: at('home', { clockTold: true }),
    seen: { evidence: isUp },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['site-clock'],
  },
  {
    given: 'home, down while paused: nothing is done, and people hear of it',
    state: at('home', { pause }),
    seen: { evidence: isDown },
    reason: 'paused-by-operator',
    phase: 'home',
    effects: ['refused'],
  },
  {
    given: 'home, suspicion while paused',
    policy: early,
    state: at('home', { pause }),
    seen: { evidence: isSuspected },
    reason: 'primary-suspected',
    phase: 'home',
  },
  {
    given: 'home, the pause is over',
    state: at('home', { pause: { ...pause, until: now } }),
    seen: { evidence: isDown },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['pause-expired', 'failover-started', 'start 8/1'],
  },
  {
    given: 'home, the look at the sleeping standby is due',
    state: at('home', { inspectedAt: ago(900) }),
    seen: { evidence: isUp },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['inspect 7/1'],
  },
  {
    given: 'home, the look at the sleeping standby is under way',
    state: at('home', { command: command('inspect', sent) }),
    seen: { evidence: isUp, command: reports('in-progress') },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, the standby is as it was left',
    state: at('home', { command: command('inspect', sent) }),
    seen: { evidence: isUp, command: inspected() },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, an older script says nothing about the standby',
    state: at('home', { command: command('inspect', sent) }),
    seen: { evidence: isUp, command: reports('succeeded') },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, somebody started the standby by hand',
    state: at('home', { command: command('inspect', sent) }),
    seen: { evidence: isUp, command: inspected({ runs: true }) },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['drift'],
  },
  {
    given: 'H6: home, the disk of the host is nearly full',
    state: at('home', { command: command('inspect', sent) }),
    seen: { evidence: isUp, command: inspected({ trouble: 'disk-97%-full' }) },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['drift'],
  },
  {
    given: 'home, the standby was started by hand, and people have heard',
    state: at('home', {
      command: command('inspect', sent),
      drift: 'the standby runs, and nobody here started it',
    }),
    seen: { evidence: isUp, command: inspected({ runs: true }) },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, the drift is gone',
    state: at('home', { command: command('inspect', sent), drift: 'something' }),
    seen: { evidence: isUp, command: inspected() },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['drift-gone'],
  },
  {
    given: 'home, the primary has another image',
    state: at('home', { command: command('inspect', sent) }),
    seen: { evidence: { ...isUp, primaryImage: hash('b') }, command: inspected() },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['drift'],
  },
  {
    given: 'home, the primary has the same image, by its id',
    state: at('home', { command: command('inspect', sent) }),
    seen: { evidence: { ...isUp, primaryImage: hash('a') }, command: inspected() },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, the primary has the same image, by its digest',
    state: at('home', { command: command('inspect', sent) }),
    seen: {
      evidence: { ...isUp, primaryImage: `ghcr.io/acme/api@${hash('c')}` },
      command: inspected({ digest: `other.example/api@${hash('c')}` }),
    },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, the image of the primary is a name only: nothing to compare',
    state: at('home', { command: command('inspect', sent) }),
    seen: { evidence: { ...isUp, primaryImage: 'acme/api:2' }, command: inspected() },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, the host cannot be reached',
    state: at('home', { command: command('inspect') }),
    seen: { evidence: isUp, command: reports('host-unreachable') },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['command-failed'],
  },
  {
    given: 'home, somebody stopped the instance',
    state: at('home', { command: command('inspect', { ...failed(now + 1, 'host-off') }) }),
    seen: { evidence: isUp, capacity: 'off' },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['drift'],
  },
  {
    given: 'home, a self-test is due',
    policy: tested,
    state: at('home', { testedAt: ago(700) }),
    seen: { evidence: isUp },
    reason: 'self-test-running',
    phase: 'warming',
    effects: ['self-test-started', 'start 7/1'],
  },
  {
    given: 'home, no self-test was ever made',
    policy: tested,
    state: at('home'),
    seen: { evidence: isUp },
    reason: 'self-test-running',
    phase: 'warming',
    effects: ['self-test-started', 'start 7/1'],
  },
  {
    given: 'home, a self-test is not due',
    policy: tested,
    state: at('home', { testedAt: ago(699) }),
    seen: { evidence: isUp },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'home, a self-test is due while paused',
    policy: tested,
    state: at('home', { pause }),
    seen: { evidence: isUp },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'self-test, the host is at it',
    policy: tested,
    state: at('warming', { testing: true, command: command('start', sent) }),
    seen: { evidence: isUp, command: reports('in-progress') },
    reason: 'self-test-running',
    phase: 'warming',
  },
  {
    given: 'self-test, the standby answers',
    policy: tested,
    state: at('warming', { testing: true, command: command('start', sent) }),
    seen: { evidence: isUp, command: inspected({ runs: true }) },
    reason: 'self-test-passed',
    phase: 'cooling',
    effects: ['self-test-passed', 'stop 7/1'],
  },
  {
    given: 'self-test, an older script says nothing about the standby',
    policy: tested,
    state: at('warming', { testing: true, command: command('start', sent) }),
    seen: { evidence: isUp, command: reports('succeeded') },
    reason: 'self-test-passed',
    phase: 'cooling',
    effects: ['self-test-passed', 'stop 7/1'],
  },
  {
    given: 'self-test, the standby answers with another image than the primary',
    policy: tested,
    state: at('warming', { testing: true, command: command('start', sent) }),
    seen: { evidence: { ...isUp, primaryImage: hash('b') }, command: inspected({ runs: true }) },
    reason: 'self-test-passed',
    phase: 'cooling',
    effects: ['self-test-passed', 'drift', 'stop 7/1'],
  },
  {
    given: 'self-test, the start fails',
    policy: tested,
    state: at('warming', { testing: true, command: command('start', sent) }),
    seen: { evidence: isUp, command: reports('failed') },
    reason: 'self-test-failed',
    phase: 'cooling',
    effects: ['command-failed', 'self-test-failed', 'stop 7/1'],
  },
  {
    given: 'self-test, the primary is in trouble: it is of use now',
    policy: { ...tested, startOnSuspicion: true },
    state: at('warming', { testing: true, command: command('start', sent) }),
    seen: { evidence: isSuspected, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'warming',
  },
  {
    given: 'self-test, the primary is down',
    policy: tested,
    state: at('warming', { testing: true, command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('succeeded') },
    reason: 'primary-down',
    phase: 'serving',
    epoch: 8,
    effects: ['failover-started', 'failover-completed'],
  },
  {
    given: 'self-test, the site falls silent: the test goes on',
    policy: tested,
    state: at('warming', { testing: true, command: command('start', sent) }),
    seen: { evidence: silent, command: reports('in-progress') },
    reason: 'self-test-running',
    phase: 'warming',
  },
  {
    given: 'warming, certain, but paused',
    policy: early,
    state: at('warming', { pause, command: command('start', sent) }),
    seen: { evidence: downFor(5), command: reports('succeeded') },
    reason: 'paused-by-operator',
    phase: 'warming',
    effects: ['refused'],
  },
  {
    given: 'cooling, certain, but paused: the stop goes on',
    policy: early,
    state: at('cooling', { pause, command: command('stop', sent) }),
    seen: { evidence: downFor(5), command: reports('in-progress') },
    reason: 'standby-cooling',
    phase: 'cooling',
  },
  {
    given: 'starting, too long: people are told once',
    state: at('starting', { decidedAt: ago(120), command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['failover-stuck'],
  },
  {
    given: 'starting, too long, with a failure to tell',
    state: at('starting', {
      decidedAt: ago(120),
      command: command('start', { ...failed(now + 1, 'command', 'no such image') }),
    }),
    seen: { evidence: isDown },
    reason: 'start-failed',
    phase: 'starting',
    effects: ['failover-stuck'],
  },
  {
    given: 'starting, too long, and the state lacks its command',
    state: at('starting', { decidedAt: ago(120) }),
    seen: { evidence: isDown },
    reason: 'standby-starting',
    phase: 'starting',
    effects: ['failover-stuck', 'start 7/1'],
  },
  {
    given: 'starting, EC2 had capacity after all',
    state: at('starting', { command: command('start', { ...failed(now + 1, 'host-off') }) }),
    seen: { evidence: isDown, capacity: 'starting', capacityStart: 'requested' },
    reason: 'host-not-ready',
    phase: 'starting',
  },
  {
    given: 'starting, too long, and people have heard that it is stuck',
    state: at('starting', { decidedAt: ago(130), stuckTold: true, command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, the primary is back, but paused',
    state: at('starting', { decidedAt: ago(3), pause, command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, a switchover is not abandoned because the primary is up',
    state: at('starting', { decidedAt: ago(3), heldBy: 'eve', command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('in-progress') },
    reason: 'standby-starting',
    phase: 'starting',
  },
  {
    given: 'starting, the host boots',
    state: at('starting', { command: command('start', { ...failed(now, 'host-off') }) }),
    seen: { evidence: isDown, capacity: 'starting' },
    reason: 'host-not-ready',
    phase: 'starting',
  },
  {
    given: 'starting, the host cannot be reached, and the next try is not due',
    state: at('starting', { command: command('start', { ...failed(now + 1, 'host-off') }) }),
    seen: { evidence: isDown },
    reason: 'host-not-ready',
    phase: 'starting',
  },
  {
    given: 'starting, EC2 has no capacity, and there is no other type',
    state: at('starting', { command: command('start', { ...failed(now + 1, 'host-off') }) }),
    seen: { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' },
    reason: 'no-capacity',
    phase: 'starting',
    effects: ['no-capacity'],
  },
  {
    given: 'starting, EC2 has no capacity again: people have heard enough for now',
    state: at('starting', {
      command: command('start', { attempt: 3, ...failed(now + 1, 'host-off') }),
    }),
    seen: { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' },
    reason: 'no-capacity',
    phase: 'starting',
  },
  {
    given: 'starting, EC2 had no capacity, and the next try is due',
    state: at('starting', {
      command: command('start', { attempt: 2, ...failed(now, 'no-capacity') }),
    }),
    seen: { evidence: isDown, capacity: 'off' },
    reason: 'host-not-ready',
    phase: 'starting',
    effects: ['start-capacity'],
  },
  {
    given: 'pilot light: the instance is started at once',
    policy: asleep,
    state: at('home'),
    seen: { evidence: isDown, capacity: 'off' },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start-capacity', 'host-starting'],
  },
  {
    given: 'pilot light: the instance still runs',
    policy: asleep,
    state: at('home'),
    seen: { evidence: isDown, capacity: 'on' },
    reason: 'primary-down',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'pilot light, home: the instance is stopped when it was idle for long enough',
    policy: asleep,
    state: at('home', { since: ago(500) }),
    seen: { evidence: isUp, capacity: 'on' },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['host-stopping', 'stop-capacity'],
  },
  {
    given: 'pilot light, home: it was asked to stop a moment ago',
    policy: asleep,
    state: at('home', { since: ago(600), hostStopAt: ago(1) }),
    seen: { evidence: isUp, capacity: 'on' },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'pilot light, home: nobody looks into a stopped instance',
    policy: asleep,
    state: at('home', { inspectedAt: ago(5000) }),
    seen: { evidence: isUp, capacity: 'off' },
    reason: 'primary-healthy',
    phase: 'home',
  },
  {
    given: 'pilot light, self-test: the host boots first',
    policy: { ...asleep, selfTestSeconds: 700 },
    state: at('warming', {
      testing: true,
      command: command('start', { ...failed(now, 'host-unreachable', 'not registered') }),
    }),
    seen: { evidence: isUp, capacity: 'starting' },
    reason: 'self-test-running',
    phase: 'warming',
  },
  {
    given: 'pilot light, self-test: no capacity for far too long',
    policy: { ...asleep, selfTestSeconds: 700 },
    state: at('warming', {
      since: ago(600),
      testing: true,
      command: command('start', { ...failed(now, 'no-capacity') }),
    }),
    seen: { evidence: isUp, capacity: 'off' },
    reason: 'self-test-failed',
    phase: 'cooling',
    effects: ['self-test-failed', 'stop 7/1'],
  },
  {
    given: 'pilot light, self-test: the host does not boot',
    policy: { ...asleep, selfTestSeconds: 700 },
    state: at('warming', {
      since: ago(600),
      testing: true,
      command: command('start', { ...failed(now, 'host-off') }),
    }),
    seen: { evidence: isUp, capacity: 'starting' },
    reason: 'self-test-failed',
    phase: 'cooling',
    effects: ['self-test-failed', 'stop 7/1'],
  },
  {
    given: 'serving, it is time to see whether the standby still does',
    state: at('serving', { verifiedAt: ago(70) }),
    seen: { evidence: isDown },
    reason: 'primary-still-down',
    phase: 'serving',
    effects: ['start 7/1'],
  },
  {
    given: 'serving, clients are served by nobody',
    state: at('serving'),
    seen: { evidence: { ...isDown, unservedAt: ago(1) } },
    reason: 'primary-still-down',
    phase: 'serving',
    effects: ['start 7/1'],
  },
  {
    given: 'serving, a restored state does not know when the standby was last seen',
    state: at('serving', { verifiedAt: undefined as never }),
    seen: { evidence: isDown },
    reason: 'primary-still-down',
    phase: 'serving',
    effects: ['start 7/1'],
  },
  {
    given: 'serving, the standby still does',
    state: at('serving', { command: command('start', sent) }),
    seen: { evidence: isDown, command: inspected({ runs: true, ran: true }) },
    reason: 'primary-still-down',
    phase: 'serving',
  },
  {
    given: 'serving, the standby had died and runs again',
    state: at('serving', { command: command('start', sent) }),
    seen: { evidence: isDown, command: inspected({ runs: true }) },
    reason: 'primary-still-down',
    phase: 'serving',
    effects: ['standby-restarted'],
  },
  {
    given: 'serving, the standby is dead and does not start',
    state: at('serving', { command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('failed') },
    reason: 'standby-not-answering',
    phase: 'serving',
    effects: ['command-failed'],
  },
  {
    given: 'serving, the instance of the standby is stopped',
    state: at('serving'),
    seen: { evidence: isDown, capacity: 'off' },
    reason: 'standby-not-answering',
    phase: 'serving',
    effects: ['start-capacity', 'host-starting'],
  },
  {
    given: 'serving, the standby is dead, and the primary could serve: nothing to wait for',
    state: at('serving', { failovers: [ago(10)], command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('failed') },
    reason: 'standby-not-answering',
    phase: 'draining',
    epoch: 8,
    effects: ['command-failed', 'failback-started'],
  },
  {
    given: 'serving, the standby is dead, the primary could serve, but paused',
    state: at('serving', { pause, command: command('start', sent) }),
    seen: { evidence: justUp, command: reports('failed') },
    reason: 'standby-not-answering',
    phase: 'serving',
    effects: ['command-failed'],
  },
  {
    given: 'serving, the primary has recovered, but it flaps',
    state: at('serving', { failovers: [ago(3599), ago(2000), ago(900)] }),
    seen: { evidence: { ...isUp, upSince: ago(800) } },
    reason: 'flapping',
    phase: 'serving',
    effects: ['refused'],
  },
  {
    given: 'serving, it flapped, and has been well for long',
    state: at('serving', { failovers: [ago(3599), ago(3000), ago(1900)] }),
    seen: { evidence: { ...isUp, upSince: ago(1800) } },
    reason: 'primary-recovered',
    phase: 'draining',
    epoch: 8,
    effects: ['failback-started'],
  },
  {
    given: 'serving, it flapped, and somebody acknowledged',
    state: at('serving', { failovers: [ago(1100), ago(1000), ago(900)], acknowledgedAt: ago(5) }),
    seen: { evidence: isUp },
    reason: 'primary-recovered',
    phase: 'draining',
    epoch: 8,
    effects: ['failback-started'],
  },
  {
    given: 'serving, the failovers are too long ago for flapping',
    state: at('serving', { failovers: [ago(3600), ago(2000), ago(900)] }),
    seen: { evidence: isUp },
    reason: 'primary-recovered',
    phase: 'draining',
    epoch: 8,
    effects: ['failback-started'],
  },
  {
    given: 'serving, the primary has recovered, but paused',
    state: at('serving', { pause, failovers: [ago(900)] }),
    seen: { evidence: isUp },
    reason: 'paused-by-operator',
    phase: 'serving',
    effects: ['refused'],
  },
  {
    given: 'serving after a switchover: only a request brings it home',
    state: at('serving', { heldBy: 'eve' }),
    seen: { evidence: isUp },
    reason: 'held-by-operator',
    phase: 'serving',
  },
  {
    given: 'starting, the third failover in an hour is completed',
    state: at('starting', { failovers: [ago(4000), ago(2000), ago(1000)], command: command('start', sent) }),
    seen: { evidence: isDown, command: reports('succeeded') },
    reason: 'standby-healthy',
    phase: 'serving',
    effects: ['failover-completed', 'flapping'],
  },
  {
    given: 'starting, a switchover is completed: it counts as no failover',
    state: at('starting', {
      heldBy: 'eve',
      failovers: [ago(2000), ago(1000)],
      command: command('start', sent),
    }),
    seen: { evidence: isUp, command: reports('succeeded') },
    reason: 'standby-healthy',
    phase: 'serving',
    effects: ['failover-completed'],
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
  {
    given: 'stopping, the primary is down again, but paused: the stop goes on',
    state: at('stopping', { pause, command: command('stop', sent) }),
    seen: { evidence: isDown, command: reports('in-progress') },
    reason: 'standby-stopping',
    phase: 'stopping',
  },
];

function effectNames(decision: ReturnType<typeof decide>): string[] {
  return decision.effects.map((effect) => {
    if (effect.type === 'command') return `${effect.action} ${effect.epoch}/${effect.attempt}`;
    return effect.type === 'deliver' ? effect.entry.kind : effect.type;
  });
}

type Asked = {
  given: string;
  asked: OperatorRequest['action'];
  state: State;
  seen: Observation;
  /** Why it was refused. */
  refused?: Reason;
  reason: Reason;
  phase: Phase;
  epoch?: number;
  effects: string[];
};

const flapped = { failovers: [ago(300), ago(200), ago(100)] };

/** What operators ask for. */
const requests: Asked[] = [
  {
    given: 'home',
    asked: 'pause',
    state: at('home'),
    seen: { evidence: isUp },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['paused'],
  },
  {
    given: 'home, the primary is down in this very moment',
    asked: 'pause',
    state: at('home'),
    seen: { evidence: isDown },
    reason: 'paused-by-operator',
    phase: 'home',
    effects: ['paused', 'refused'],
  },
  {
    given: 'home, paused',
    asked: 'resume',
    state: at('home', { pause }),
    seen: { evidence: isUp },
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['resumed'],
  },
  {
    given: 'home, not paused',
    asked: 'resume',
    state: at('home'),
    seen: { evidence: isUp },
    refused: 'not-paused',
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['request-refused'],
  },
  {
    given: 'serving, it flaps: the usual waits are over, so it comes home',
    asked: 'acknowledge',
    state: at('serving', { failovers: [ago(900), ago(800), ago(700)] }),
    seen: { evidence: isUp },
    reason: 'primary-recovered',
    phase: 'draining',
    epoch: 8,
    effects: ['acknowledged', 'failback-started'],
  },
  {
    given: 'serving, it does not flap',
    asked: 'acknowledge',
    state: at('serving'),
    seen: { evidence: isDown },
    refused: 'not-flapping',
    reason: 'primary-still-down',
    phase: 'serving',
    effects: ['request-refused'],
  },
  {
    given: 'home, the primary is healthy',
    asked: 'switchover',
    state: at('home'),
    seen: { evidence: isUp },
    reason: 'switchover-requested',
    phase: 'starting',
    epoch: 8,
    effects: ['switchover-started', 'start 8/1'],
  },
  {
    given: 'home, nobody knows how the primary is',
    asked: 'switchover',
    state: at('home', { silence: 'site-silent' }),
    seen: { evidence: silent },
    refused: 'primary-not-healthy',
    reason: 'site-silent',
    phase: 'home',
    effects: ['request-refused'],
  },
  {
    given: 'serving',
    asked: 'switchover',
    state: at('serving'),
    seen: { evidence: isDown },
    refused: 'standby-already-in-charge',
    reason: 'primary-still-down',
    phase: 'serving',
    effects: ['request-refused'],
  },
  {
    given: 'home, nobody knows how the primary is, and even while paused',
    asked: 'failover',
    state: at('home', { pause }),
    seen: { evidence: silent },
    reason: 'failover-requested',
    phase: 'starting',
    epoch: 8,
    effects: ['failover-started', 'start 8/1'],
  },
  {
    given: 'serving',
    asked: 'failover',
    state: at('serving'),
    seen: { evidence: isDown },
    refused: 'standby-already-in-charge',
    reason: 'primary-still-down',
    phase: 'serving',
    effects: ['request-refused'],
  },
  {
    given: 'serving, it flaps and the cooldown is active: a person knows better',
    asked: 'failback',
    state: at('serving', flapped),
    seen: { evidence: justUp },
    reason: 'failback-requested',
    phase: 'draining',
    epoch: 8,
    effects: ['failback-started'],
  },
  {
    given: 'serving, the primary is down: nobody may leave the service to nobody',
    asked: 'failback',
    state: at('serving'),
    seen: { evidence: isDown },
    refused: 'primary-not-healthy',
    reason: 'primary-still-down',
    phase: 'serving',
    effects: ['request-refused'],
  },
  {
    given: 'home',
    asked: 'failback',
    state: at('home'),
    seen: { evidence: isUp },
    refused: 'primary-already-in-charge',
    reason: 'primary-healthy',
    phase: 'home',
    effects: ['request-refused'],
  },
  {
    given: 'home',
    asked: 'self-test',
    state: at('home'),
    seen: { evidence: isUp },
    reason: 'self-test-running',
    phase: 'warming',
    effects: ['self-test-started', 'start 7/1'],
  },
  {
    given: 'home, the primary is down',
    asked: 'self-test',
    state: at('home', { pause, why: 'paused-by-operator' }),
    seen: { evidence: isDown },
    refused: 'primary-not-healthy',
    reason: 'paused-by-operator',
    phase: 'home',
    effects: ['request-refused'],
  },
  {
    given: 'draining',
    asked: 'self-test',
    state: at('draining', { since: ago(1) }),
    seen: { evidence: isUp },
    refused: 'move-under-way',
    reason: 'standby-draining',
    phase: 'draining',
    effects: ['request-refused'],
  },
];

describe('an operator asks for', () => {
  test.each(requests)(
    '$asked; $given',
    ({ asked, state, seen, refused, reason, phase, epoch = 7, effects }) => {
      const request: OperatorRequest =
        asked === 'pause'
          ? { action: asked, by: 'eve', seconds: 60, why: 'x' }
          : { action: asked, by: 'eve' };
      const decision = decide(state, { ...seen, request }, policy, now);
      expect(decision.answer).toEqual(refused ? { accepted: false, reason: refused } : { accepted: true });
      expect({ reason: decision.reason, phase: decision.state.phase, epoch: decision.state.epoch }).toEqual({
        reason,
        phase,
        epoch,
      });
      expect(effectNames(decision).sort()).toEqual([...effects].sort());
      const [first] = decision.state.outbox;
      expect(first?.entry.by).toBe('eve');
    },
  );
});

describe('what is remembered', () => {
  it('the id of the command, once', () => {
    const state = at('starting', { command: command('start') });
    const report = { serial: 41, outcome: 'sent', id: 'c-1' } as const;
    const once = decide(state, { evidence: isDown, command: report }, policy, now);
    expect(commandOf(once.state)).toMatchObject(sent);
    expect(decide(once.state, { evidence: isDown, command: report }, policy, now).state).toBe(once.state);
  });

  it('that a booting host does not answer yet, without writing to anybody', () => {
    const quiet = [2, 8].map((attempt) => {
      const state = at('starting', { command: command('start', { attempt }) });
      const seen = { evidence: isDown, capacity: 'on', command: reports('host-unreachable') } as const;
      return decide(state, seen, asleep, now).state.outbox[0]?.entry.quiet;
    });
    expect(quiet).toEqual([true, undefined]);
  });

  it('what the host said when the standby answered', () => {
    const state = at('starting', { command: command('start', sent) });
    const report = { ...inspected(), output: 'hook before-start: promoted' } as CommandReport;
    const { state: after } = decide(state, { evidence: isDown, command: report }, policy, now);
    expect(after.outbox[0]?.entry.detail).toBe('hook before-start: promoted');
  });

  it('when a standby that was started ahead was first seen to answer', () => {
    const given = {
      command: command('start', sent),
      why: 'awaiting-confirmation',
      whySince: ago(1.7),
    } as const;
    const seen = { evidence: downFor(3), command: reports('succeeded') };
    const completed = (state: State) =>
      decide(state, seen, early, now).state.outbox.find(({ entry }) => entry.kind === 'failover-completed');
    expect(completed(at('warming', given))?.entry.answeredAt).toBe(ago(1.7));
    expect(completed(at('warming', { ...given, why: 'standby-starting' }))?.entry).not.toHaveProperty(
      'answeredAt',
    );
  });

  it('says why, and since when it has been so', () => {
    const first = decide(at('serving', { failovers: [ago(10)] }), { evidence: isUp }, policy, now);
    expect({ why: first.state.why, since: first.state.whySince }).toEqual({
      why: 'cooldown-active',
      since: now,
    });
    const later = now + 5 * s;
    const second = decide(first.state, { evidence: { ...isUp, upAt: later } }, policy, later);
    expect(second.state.whySince).toBe(now);
  });

  it('the next instance type in turn, and the own one first when it has come home', () => {
    const types: Policy = { ...policy, instanceTypes: ['t3.small', 't3a.small'] };
    const waiting = command('start', { ...failed(now, 'host-off') });
    const state = at('starting', { command: waiting });
    const short = decide(
      state,
      { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' },
      types,
      now,
    );
    expect(short.effects).toContainEqual({ type: 'start-capacity', instanceType: 't3a.small' });
    const again = decide(
      at('starting', { ...short.state, command: { ...waiting, ...failed(now + 1, 'host-off') } }),
      { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' },
      types,
      now,
    );
    expect(again.state.instanceType).toBe(0);
    const home = decide(at('stopping', { instanceType: 1 }), { evidence: isUp, capacity: 'off' }, types, now);
    expect(home.state.instanceType).toBeUndefined();
  });
});

describe('decide', () => {
  test.each(rows)('$given: $reason', (row) => {
    const { state, seen, reason, phase, epoch = 7, effects = [] } = row;
    const decision = decide(state, seen, row.policy ?? policy, now);
    expect({ reason: decision.reason, phase: decision.state.phase, epoch: decision.state.epoch }).toEqual({
      reason,
      phase,
      epoch,
    });
    expect(effectNames(decision).sort()).toEqual([...effects].sort());
    expect(decision.site).toBe(siteOf(phase));
  });

  /** All of it, down to each word: what is kept with an entry is read in the night, and by whoever audits. */
  it('every row and request as a whole: npx vitest run test/lambda/domain/decide.test.ts --update', async () => {
    const asked = requests.map(({ asked: action, given, state, seen }) => {
      const request =
        action === 'pause' ? { action, by: 'eve', seconds: 60, why: 'x' } : { action, by: 'eve' };
      return { given: `${action}; ${given}`, state, seen: { ...seen, request: request as OperatorRequest } };
    });
    const lines = [...rows, ...asked].map((row) => {
      const decision = decide(row.state, row.seen, ('policy' in row && row.policy) || policy, now);
      const { reason, answer, effects } = decision;
      const before = Object.entries(row.state).map(([key, value]) => [key, JSON.stringify(value)]);
      const changed = Object.entries(decision.state).filter(
        ([key, value]) =>
          key !== 'outbox' && !before.some(([of, was]) => of === key && was === JSON.stringify(value)),
      );
      const gone = Object.keys(row.state).filter((key) => !(key in decision.state));
      const all = { reason, ...(answer && { answer }), changed: Object.fromEntries(changed), gone, effects };
      return `${row.given}\n${JSON.stringify(all)}\n`;
    });
    await expect(lines.join('\n')).toMatchFileSnapshot('./decisions.txt');
  });

  it('has a row for every reason', () => {
    const requested = requests.flatMap(({ reason, refused }) => [reason, ...(refused ? [refused] : [])]);
    const shown = new Set<string>([...rows.map(({ reason }) => reason), ...requested]);
    // These are only ever the reason of an entry.
    const ofEntries: Reason[] = ['host-idle', 'drift', 'self-test-requested', 'clock-ahead'];
    const all = (Object.keys(reasons) as Reason[]).filter((reason) => !ofEntries.includes(reason));
    expect(all.filter((reason) => !shown.has(reason))).toEqual([]);
  });

  it('sends only what there is a mail for, with what was seen and who is in charge', () => {
    const sent: string[] = [...mailKinds];
    for (const row of rows) {
      const { state, effects } = decide(row.state, row.seen, row.policy ?? policy, now);
      const entries = effects.flatMap((effect) => (effect.type === 'deliver' ? [effect.entry] : []));
      for (const entry of entries) {
        expect(sent.includes(entry.kind) || entry.quiet, `${row.given}: ${entry.kind}`).toBe(true);
        expect(entry.seen?.primary, row.given).toBeDefined();
        // The last word of a decision is that of the state it leaves.
        if (entry === entries.at(-1)) expect(entry.site, row.given).toBe(siteOf(state.phase));
      }
    }
  });

  it('waits twice as long after each failure, up to the maximum', () => {
    const waits = [1, 2, 3, 5, 6, 7, 20, 2000].map((attempt) => {
      const state = at('starting', { command: command('start', { ...sent, attempt }) });
      const decision = decide(state, { evidence: isDown, command: reports('failed') }, policy, now);
      const { retryAt } = commandOf(decision.state) as ReturnType<typeof failed>;
      return (retryAt - now) / s;
    });
    expect(waits).toEqual([2, 4, 8, 32, 64, 64, 64, 64]);
  });
});

describe('the host has run newer commands than we remember', () => {
  it('the next try is newer than those', () => {
    const state = at('starting', { nextCommand: 42, command: command('start', sent) });
    const learned = decide(state, { evidence: isDown, command: reports('superseded') }, policy, now);
    const later = now + 2 * s;
    const again = decide(learned.state, { evidence: { ...isDown, downAt: later } }, policy, later);
    expect(again.effects).toContainEqual({
      type: 'command',
      action: 'start',
      epoch: 7,
      serial: 78,
      attempt: 2,
    });
  });
});

/** What a mail says of the next step. */
describe('an entry says when the next step is due', () => {
  const started = command('start', sent);
  const failing = reports('failed');
  const bad = { evidence: isDown, command: failing };
  const good = { evidence: isDown, command: reports('succeeded') };
  const testing = { testing: true, since: ago(2), command: started } as const;
  test.each<[EntryKind, string, State, Observation, Policy, Partial<Entry>]>([
    [
      'failover-started',
      'people are told if it is stuck',
      at('home'),
      { evidence: isDown },
      policy,
      { nextAt: now + 120 * s },
    ],
    [
      'failover-completed',
      'the cooldown, then a healthy primary',
      at('starting', { command: started }),
      good,
      policy,
      { nextAt: now + 300 * s, stableSeconds: 60 },
    ],
    [
      'failover-completed',
      'nothing, if an operator holds it',
      at('starting', { command: started, heldBy: 'eve' }),
      good,
      policy,
      { by: 'eve' },
    ],
    [
      'failover-stuck',
      'the next try',
      at('starting', { command: started, decidedAt: ago(120) }),
      bad,
      policy,
      { nextAt: now + 2 * s, detail: 'no such image', tookMilliseconds: 120 * s },
    ],
    [
      'failback-started',
      'the stop',
      at('serving', { failovers: [ago(400)] }),
      { evidence: isUp },
      policy,
      { nextAt: now + 25 * s },
    ],
    [
      'command-failed',
      'the next try',
      at('starting', { command: command('start', { ...sent, attempt: 2 }) }),
      bad,
      policy,
      { nextAt: now + 4 * s, attempt: 2 },
    ],
    [
      'host-starting',
      'the next look',
      at('home'),
      { evidence: isDown, capacity: 'off' },
      policy,
      { nextAt: now + 2 * s },
    ],
    [
      'no-capacity',
      'the next try',
      at('starting', { command: command('start', { ...failed(now + 4, 'host-off'), attempt: 2 }) }),
      { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' },
      policy,
      { nextAt: now + 4, attempt: 2 },
    ],
    [
      'flapping',
      'much more health',
      at('starting', { command: started, failovers: [ago(200), ago(100)] }),
      good,
      policy,
      { stableSeconds: 1800 },
    ],
    [
      'refused',
      'the end of the pause',
      at('home', { pause }),
      { evidence: isDown },
      policy,
      { nextAt: pause.until, by: 'eve' },
    ],
    [
      'self-test-passed',
      'the next one',
      at('warming', testing),
      { evidence: isUp, command: reports('succeeded') },
      tested,
      { nextAt: now + 700 * s },
    ],
    [
      'self-test-passed',
      'none, if there are none',
      at('warming', testing),
      { evidence: isUp, command: reports('succeeded') },
      policy,
      {},
    ],
    [
      'drift',
      'the next look',
      at('home', { command: command('inspect') }),
      { evidence: isUp, command: inspected({ runs: true }) },
      policy,
      { nextAt: now + 900 * s },
    ],
    [
      'paused',
      'its end',
      at('home'),
      { evidence: isUp, request: { action: 'pause', by: 'eve', seconds: 60, why: 'x' } },
      policy,
      { nextAt: now + 60 * s },
    ],
    [
      'acknowledged',
      'the cooldown of the last failover',
      at('serving', flapped),
      { evidence: isUp, request: { action: 'acknowledge', by: 'eve' } },
      policy,
      { nextAt: now + 200 * s, stableSeconds: 60 },
    ],
  ])('%s: %s', (kind, _, state, seen, of, expected) => {
    const entry = decide(state, seen, of, now).state.outbox.find((one) => one.entry.kind === kind)?.entry;
    const { nextAt, stableSeconds } = entry ?? {};
    expect(entry).toMatchObject({ ...expected, kind });
    expect({ nextAt, stableSeconds }).toEqual({
      nextAt: expected.nextAt,
      stableSeconds: expected.stableSeconds,
    });
  });
});

describe('the outbox', () => {
  const { state } = decide(at('home'), { evidence: isDown }, policy, now);
  const entry = state.outbox[0]?.entry;

  it('keeps an entry until it is delivered', () => {
    expect(entry).toMatchObject({
      kind: 'failover-started',
      epoch: 8,
      reason: 'primary-down',
      service: 'api',
    });
    const delivered = [
      { id: entry?.id ?? '', channel: 'history' },
      { id: entry?.id ?? '', channel: 'mail' },
    ] as const;
    const later = decide(state, { evidence: isDown, delivered }, policy, now);
    expect(later.state.outbox).toEqual([]);
  });

  it.each([
    ['history', 'mail'],
    ['mail', 'history'],
  ] as const)('C3: what %s has taken is tried again with %s alone', (channel, other) => {
    const delivered = [{ id: entry?.id ?? '', channel }];
    const after = decide(state, { evidence: isDown, delivered }, policy, now);
    expect(after.state.outbox).toMatchObject([{ entry, left: [other] }]);
    const late = decide(after.state, { evidence: isDown }, policy, now + 20_000);
    expect(late.effects.filter(({ type }) => type === 'deliver')).toEqual([
      { type: 'deliver', entry, channels: [other] },
    ]);
    const last = decide(
      late.state,
      { evidence: isDown, delivered: [{ id: entry?.id ?? '', channel: other }] },
      policy,
      now + 20_001,
    );
    expect(last.state.outbox).toEqual([]);
  });

  it('C3: an entry from before channels were told apart goes to all of them', () => {
    const [first] = state.outbox;
    const { left: _, ...old } = first ?? { left: [] };
    const before = { ...state, outbox: [old] } as unknown as State;
    const late = decide(before, { evidence: isDown }, policy, now + 20_000);
    expect(late.effects).toContainEqual({ type: 'deliver', entry, channels: ['history', 'mail'] });
  });

  it('C8: holds the newest 40 while a channel takes nothing', () => {
    let current = state;
    for (let round = 0; round < 100; round++) {
      const moment = now + round * 1000;
      const request: OperatorRequest = { action: 'pause', seconds: 60, why: `round ${round}`, by: 'ops' };
      current = decide(current, { evidence: isDown, request }, policy, moment).state;
    }
    expect(current.outbox).toHaveLength(40);
    expect(current.outbox.at(-1)?.entry.detail).toContain('round 99');
    expect(JSON.stringify(current).length).toBeLessThan(200_000);
  });

  it('leaves it to its claimant at first', () => {
    const soon = decide(state, { evidence: isDown }, policy, now + 19_999);
    expect(effectNames(soon)).toEqual([]);
  });

  it('delivers it again when its claimant must have died', () => {
    const late = decide(state, { evidence: isDown }, policy, now + 20_000);
    expect(effectNames(late)).toContain('failover-started');
    const again = decide(late.state, { evidence: isDown }, policy, now + 20_001);
    expect(effectNames(again)).toEqual([]);
  });
});

describe('C4: a host that says it has run an impossible command', () => {
  const start = command('start', sent);
  const says = (newest: number) =>
    decide(
      at('starting', { command: start, nextCommand: 42 }),
      { evidence: isDown, command: { serial: 41, outcome: 'superseded', newest } },
      policy,
      now,
    ).state;

  it.each([999_999_999_999_999, 2_000_000, Number.POSITIVE_INFINITY, Number.NaN, 10 ** 400])(
    '%d: the numbers of commands stay ours, and people are told',
    (newest) => {
      const { nextCommand, command, outbox } = loose(says(newest));
      expect(nextCommand).toBe(42);
      expect(command).toMatchObject({ failure: expect.stringContaining('replace the host') });
      expect(outbox.at(-1)?.entry).toMatchObject({ kind: 'command-failed' });
    },
  );

  it('a possible one is caught up with, and none is ever lowered', () => {
    expect(says(77).nextCommand).toBe(78);
    expect(says(41 + 1_000_000).nextCommand).toBe(1_000_042);
    expect(says(3).nextCommand).toBe(42);
  });
});

describe('C7: a start that was lost on the way', () => {
  const lost = (seconds: number, more: Parameters<typeof commandFor>[1] = {}) =>
    at('starting', {
      decidedAt: ago(seconds),
      nextCommand: 42,
      command: command('start', { ...sent, requestedAt: ago(seconds), ...more }),
    });
  const nobody = { ...isDown, unservedAt: ago(0) };

  it.each(['starting', 'serving'] as const)(
    'in %s is sent again when the site has seen nobody serve for 15 s',
    (phase) => {
      const { state: next, effects } = decide(at(phase, loose(lost(15))), { evidence: nobody }, policy, now);
      expect(effects).toContainEqual({ type: 'command', action: 'start', epoch: 7, serial: 42, attempt: 1 });
      expect(commandOf(next)).toMatchObject({ serial: 42, requestedAt: now });
    },
  );

  it.each([
    ['before that', lost(14), nobody],
    ['while the site sees somebody serve', lost(100), isDown],
    ['when nobody served only before it was sent', lost(15), { ...isDown, unservedAt: ago(16) }],
  ])('is not sent again %s', (_, state, evidence) => {
    expect(effectNames(decide(state, { evidence }, policy, now))).not.toContain('command');
  });

  it('no stop is ever sent again for that', () => {
    const stopping = at('stopping', { command: command('stop', { ...sent, requestedAt: ago(30) }) });
    expect(effectNames(decide(stopping, { evidence: { ...isUp, unservedAt: ago(0) } }, policy, now))).toEqual(
      [],
    );
  });
});

/** Each of these was once broken by hand, and neither a row nor an explored world noticed. */
describe('rules that only show in what follows', () => {
  it.each([
    [
      'in the very moment of the last failover',
      [ago(900), ago(800), ago(700)],
      ago(700),
      'primary-recovered',
    ],
    [
      'before the last one, which is then the only one',
      [ago(900), ago(800), ago(700)],
      ago(701),
      'primary-recovered',
    ],
    ['before three more', [ago(900), ago(800), ago(700)], ago(901), 'flapping'],
  ] as const)('an acknowledgement %s', (_, failovers, acknowledgedAt, reason) => {
    const evidence = { ...isUp, upSince: ago(100) };
    expect(decide(at('serving', { failovers, acknowledgedAt }), { evidence }, policy, now).reason).toBe(
      reason,
    );
  });

  it('a failover in the moment of the acknowledgement does not count, where one is too many', () => {
    const one: Policy = { ...policy, flapLimit: 1 };
    const state = at('serving', { failovers: [ago(700)], acknowledgedAt: ago(700) });
    expect(decide(state, { evidence: isUp }, one, now).reason).toBe('primary-recovered');
    expect(decide({ ...state, acknowledgedAt: ago(701) }, { evidence: justUp }, one, now).reason).toBe(
      'flapping',
    );
  });

  it('an acknowledgement ends flapping for good, and not for one look', () => {
    const evidence = { ...isUp, upSince: ago(100) };
    const state = at('serving', { failovers: [ago(900), ago(800), ago(100)] });
    expect(decide(state, { evidence }, policy, now).reason).toBe('flapping');
    const request: OperatorRequest = { action: 'acknowledge', by: 'eve' };
    const after = decide(state, { evidence, request }, policy, now);
    expect(after.state.acknowledgedAt).toBe(now);
    expect(after.reason).toBe('cooldown-active');
    const later = now + 200 * s;
    const then = decide(after.state, { evidence: { ...evidence, upAt: later } }, policy, later);
    expect(then.reason).toBe('primary-recovered');
  });

  it.each([
    ['failover', undefined],
    ['switchover', 'eve'],
  ] as const)('who asks for a %s holds the service away from home: %s', (action, heldBy) => {
    const request: OperatorRequest = { action, by: 'eve' };
    const asked = decide(at('home'), { evidence: isUp, request }, policy, now);
    expect(heldByOf(asked.state)).toBe(heldBy);
    const started = at(asked.state.phase, { ...loose(asked.state), command: command('start', sent) });
    const serves = decide(started, { evidence: isDown, command: reports('succeeded') }, policy, now + s);
    expect(serves.state).toMatchObject({ phase: 'serving', ...(heldBy && { heldBy }) });
    const later = now + 4000 * s;
    const well = { upAt: later, upSince: now + 2 * s };
    expect(
      decide(at('serving', { ...loose(serves.state), verifiedAt: later }), { evidence: well }, policy, later)
        .reason,
    ).toBe(heldBy ? 'held-by-operator' : 'primary-recovered');
  });

  it('a dark site is dark although the last it said was old on arrival', () => {
    const evidence = { ...silent, staleAt: ago(300) };
    const seen = (witness: 'reachable' | 'unreachable') =>
      decide(at('home'), { evidence, witness }, policy, now).reason;
    expect([seen('unreachable'), seen('reachable')]).toEqual(['site-dark', 'prometheus-dead']);
  });

  it.each(['off', 'gone'] as const)('nothing runs on a host that is %s', (capacity) => {
    expect(decide(at('serving'), { evidence: isDown, capacity }, policy, now).reason).toBe(
      'standby-not-answering',
    );
    const stopping = at('stopping', { command: command('stop', sent) });
    expect(decide(stopping, { evidence: isUp, capacity }, policy, now).state.phase).toBe('home');
    const cooling = at('cooling', { command: command('stop', sent) });
    expect(decide(cooling, { evidence: isUp, capacity }, policy, now).state.phase).toBe('home');
  });

  it.each(['starting', 'on', 'stopping'] as const)('on a host that is %s something may', (capacity) => {
    const stopping = at('stopping', { command: command('stop', sent) });
    expect(decide(stopping, { evidence: isUp, capacity }, policy, now).state.phase).toBe('stopping');
  });

  it.each([
    [1, 'primary-still-down'],
    [2, 'standby-not-answering'],
  ])('a standby that is asked for the time number %d: %s', (attempt, reason) => {
    const state = at('serving', { command: command('start', { ...sent, attempt }) });
    expect(decide(state, { evidence: isDown, command: reports('in-progress') }, policy, now).reason).toBe(
      reason,
    );
  });

  it('a lack of capacity moves the type on once, however often it is said', () => {
    const types: Policy = { ...policy, instanceTypes: ['a.small', 'b.small', 'c.small'] };
    const waiting = command('start', { ...failed(now + s, 'host-off') });
    const seen = { evidence: isDown, capacity: 'off', capacityStart: 'no-capacity' } as const;
    const once = decide(at('starting', { command: waiting }), seen, types, now);
    const twice = decide(once.state, seen, types, now);
    expect([once.state.instanceType, twice.state.instanceType]).toEqual([1, 1]);
  });

  it('the start of a host has a number of its own, and no command has it again', () => {
    const { state } = decide(
      at('home', { nextCommand: 42 }),
      { evidence: isDown, capacity: 'off' },
      asleep,
      now,
    );
    expect({ serial: commandOf(state)?.serial, nextCommand: state.nextCommand }).toEqual({
      serial: 42,
      nextCommand: 43,
    });
    const running = { evidence: { ...isDown, downAt: now + 5 * s }, capacity: 'on' } as const;
    const then = decide(state, running, asleep, now + 5 * s);
    expect(then.effects).toContainEqual(
      expect.objectContaining({ type: 'command', action: 'start', serial: 43 }),
    );
  });
});

test('what belongs to another phase is not changed', () => {
  const d = draft(at('home'), { evidence: {} }, policy, now);
  expect(() => setOwn(d, 'serving', { verifiedAt: now })).toThrow('phase: received home, expected serving');
});
