/** What operators ask for, and what comes of it. */
import type { Observation, OperatorRequest } from '../../../../lambda/domain/observation.ts';
import type { Phase } from '../../../../lambda/domain/phase.ts';
import type { Reason } from '../../../../lambda/domain/reasons.ts';
import type { State } from '../../../../lambda/domain/state.ts';
import { ago, at, isDown, isUp, justUp, pause, silent } from './given.ts';

export type Asked = {
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

export const flapped = { failovers: [ago(300), ago(200), ago(100)] };

/** What operators ask for. */
export const requests: Asked[] = [
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
