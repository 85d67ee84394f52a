import { fileURLToPath } from 'node:url';
import { readState } from '../../lambda/contract/records.ts';
import { decide } from '../../lambda/domain/decide.ts';
import type { Evidence } from '../../lambda/domain/evidence.ts';
import type { Entry, EntryKind } from '../../lambda/domain/history.ts';
import type { CommandReport, Observation, Wake } from '../../lambda/domain/observation.ts';
import type { Phase } from '../../lambda/domain/phase.ts';
import type { Policy } from '../../lambda/domain/policy.ts';
import type { Action, Command, Pause, SharedState, State } from '../../lambda/domain/state.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { policyOf } from '../../lib/policy.ts';

/** A situation in words, and the entry that a decision made of it. */
export type Example = { readonly given: string; readonly entry: Entry };

const now = Date.UTC(2026, 0, 14, 3, 12, 9, 300);
const ago = (seconds: number) => now - seconds * 1000;
const ahead = (seconds: number) => now + seconds * 1000;
const day = 86_400;

/** As it is shipped, and as it is with an instance that sleeps too. */
const [warmHost, pilotLight] = ['own-instance', 'pilot-light'].map(policyOfExample) as [Policy, Policy];

function policyOfExample(name: string): Policy {
  const config = loadConfig(fileURLToPath(new URL(`../examples/${name}.yaml`, import.meta.url)));
  const [service] = config.services;
  if (!service) throw new Error(`docs/examples/${name}.yaml: received no service, expected one`);
  return policyOf(config, service);
}

const up: Evidence = { upAt: ago(2.4), upSince: ago(3 * day), downAt: ago(4 * day) };
const back: Evidence = { upAt: ago(2.4), upSince: ago(64), downAt: ago(66) };
const down: Evidence = { downAt: ago(0.4), suspectAt: ago(0.4), troubleSince: ago(5.3), upAt: ago(6.1) };
const longDown: Evidence = { ...down, troubleSince: ago(125), upAt: ago(126) };
const quiet: Evidence = { upAt: ago(52.3), upSince: ago(3 * day) };

type Changes = Partial<SharedState> & {
  readonly command?: Command;
  readonly testing?: boolean;
  readonly heldBy?: string;
};

const state = (phase: Phase, more: Changes = {}): State =>
  readState('api', {
    epoch: 7,
    phase,
    since: ago(3600),
    decidedAt: ago(3600),
    why: 'primary-healthy',
    testedAt: ago(day),
    inspectedAt: ago(60),
    verifiedAt: ago(20),
    nextEntry: 42,
    nextCommand: 19,
    ...more,
  });
const command = (action: Action, more: { attempt?: number; failed?: number } = {}): Command => ({
  action,
  serial: 18,
  attempt: more.attempt ?? 1,
  requestedAt: ago(1.7),
  ...(more.failed === undefined
    ? { status: 'sent', id: '0f5d0c2e-8f5c-4b1c-9d6c-2c5b8a7e1d30' }
    : {
        status: 'failed',
        cause: 'host-off',
        failure: 'the host was off; it was asked to start',
        retryAt: ahead(more.failed),
      }),
});
const done = (more: { ran?: boolean; output?: string; wake?: Wake } = {}): CommandReport => ({
  serial: 18,
  outcome: 'succeeded',
  facts: {
    runs: true,
    ran: more.ran ?? false,
    image: 'ghcr.io/acme/api:1.4.2',
    id: `sha256:${'a1'.repeat(32)}`,
    ...(more.wake && { wake: more.wake }),
  },
  ...(more.output && { output: more.output }),
});
const failed: CommandReport = {
  serial: 18,
  outcome: 'failed',
  detail: 'Failed: start: failover-api did not answer 2xx on :18080/health within 60 s',
};
const pause: Pause = { until: ahead(5400), by: 'anna', why: 'works on the network' };

type Situation = {
  readonly state: State;
  readonly seen: Observation;
  readonly policy?: Policy;
};

function example(
  kind: EntryKind,
  given: string,
  { state: before, seen, policy = warmHost }: Situation,
): Example {
  const { outbox } = decide(before, seen, policy, now).state;
  const entry = outbox.map((pending) => pending.entry).find((one) => one.kind === kind && !one.quiet);
  if (!entry) throw new Error(`${given}: received ${outbox.map((one) => one.entry.kind)}, expected ${kind}`);
  return { given, entry };
}

export const examples: readonly Example[] = [
  example(
    'failover-started',
    'The primary has been down for long enough; the standby, started at the first bad sign, does not answer yet.',
    {
      state: state('warming', { command: command('start') }),
      seen: { evidence: down, command: { serial: 18, outcome: 'in-progress' } },
    },
  ),
  example('failover-started', 'The whole site is dark, and the witness sees nobody either.', {
    state: state('home'),
    seen: { evidence: quiet, witness: 'unreachable' },
  }),
  example(
    'failover-completed',
    'The standby, started at the first bad sign, answered before the failover was certain.',
    {
      state: state('warming', {
        command: command('start'),
        why: 'awaiting-confirmation',
        whySince: ago(3.2),
      }),
      seen: { evidence: down, command: done({ output: 'hook before-start: promoted the database' }) },
    },
  ),
  example('failover-completed', 'The standby was started after a switchover was asked for.', {
    state: state('starting', { command: command('start'), decidedAt: ago(2.1), heldBy: 'anna' }),
    seen: { evidence: up, command: done() },
  }),
  example('failover-abandoned', 'The primary answers again before the standby does.', {
    state: state('starting', { command: command('start'), decidedAt: ago(5) }),
    seen: { evidence: { ...back, upSince: ago(2.4) }, command: { serial: 18, outcome: 'in-progress' } },
  }),
  example('failover-stuck', 'Two minutes after the decision the standby has not answered.', {
    state: state('starting', { command: command('start', { attempt: 4 }), decidedAt: ago(120.4) }),
    seen: { evidence: longDown, command: failed },
  }),
  example('failover-stuck', 'The same after a switchover, with a healthy primary.', {
    state: state('starting', {
      command: command('start', { attempt: 4 }),
      decidedAt: ago(120.4),
      heldBy: 'anna',
    }),
    seen: { evidence: up, command: failed },
  }),
  example('switchover-started', 'Somebody asks for a switchover.', {
    state: state('home'),
    seen: { evidence: up, request: { action: 'switchover', by: 'anna' } },
  }),
  example('failback-started', 'The primary has been healthy for a minute, and the cooldown is over.', {
    state: state('serving', { failovers: [ago(400)] }),
    seen: { evidence: back },
  }),
  example('failback-completed', 'The standby has drained and is stopped.', {
    state: state('stopping', { command: command('stop'), decidedAt: ago(31.8) }),
    seen: { evidence: back, command: done() },
  }),
  example('command-failed', 'The first start fails.', {
    state: state('starting', { command: command('start'), decidedAt: ago(61) }),
    seen: { evidence: longDown, command: failed },
  }),
  example('command-failed', 'The second start fails too, and the primary is down.', {
    state: state('starting', { command: command('start', { attempt: 2 }), decidedAt: ago(70) }),
    seen: { evidence: longDown, command: failed },
  }),
  example('command-failed', 'The standby cannot be stopped, and the primary serves.', {
    state: state('stopping', { command: command('stop', { attempt: 2 }) }),
    seen: {
      evidence: up,
      command: { ...failed, detail: 'Failed: stop: docker stop of failover-api failed' },
    },
  }),
  example('host-starting', 'Pilot light: the instance itself sleeps.', {
    state: state('home'),
    seen: { evidence: down, capacity: 'off' },
    policy: pilotLight,
  }),
  example('no-capacity', 'Pilot light: EC2 has none of the first instance type.', {
    state: state('starting', {
      command: command('start', { failed: 2 }),
      decidedAt: ago(1),
    }),
    seen: { evidence: down, capacity: 'off', capacityStart: 'no-capacity' },
    policy: pilotLight,
  }),
  example('no-capacity', 'Nor of the second.', {
    state: state('starting', {
      command: command('start', { attempt: 2, failed: 4 }),
      decidedAt: ago(3),
      instanceType: 1,
    }),
    seen: { evidence: down, capacity: 'off', capacityStart: 'no-capacity' },
    policy: pilotLight,
  }),
  example('standby-restarted', 'The standby serves, and its container has died.', {
    state: state('serving', { command: command('start'), failovers: [ago(3600)] }),
    seen: {
      evidence: { ...longDown, traffic: { at: ago(0.6), to: 'nobody', since: ago(4.2), standby: 'down' } },
      command: done(),
    },
  }),
  example(
    'standby-woken',
    'Every part of AWS that decides was down, and is back; the host says what happened.',
    {
      state: state('home', { command: command('inspect'), inspectedAt: ago(900), since: ago(3 * 86_400) }),
      seen: {
        evidence: up,
        command: done({
          ran: false,
          wake: { askedAt: ago(620), answeredAt: ago(619.4), renewedAt: ago(300), sleptAt: ago(260) },
        }),
      },
    },
  ),
  example('flapping', 'The third failover within an hour.', {
    state: state('starting', {
      command: command('start'),
      decidedAt: ago(2.1),
      failovers: [ago(1900), ago(700)],
    }),
    seen: { evidence: down, command: done() },
  }),
  example('refused', 'The primary is lost while automation is paused.', {
    state: state('home', { pause }),
    seen: { evidence: down },
  }),
  example('site-silent', 'Nothing is heard, and there is no witness.', {
    state: state('home'),
    seen: { evidence: quiet },
  }),
  example('site-silent', 'Nothing is heard, and the witness sees the site.', {
    state: state('home'),
    seen: { evidence: quiet, witness: 'reachable' },
  }),
  example('site-silent', 'Alertmanager repeats what is old.', {
    state: state('home'),
    seen: { evidence: { ...quiet, staleAt: ago(1.2) } },
  }),
  example('site-silent', 'Nothing is heard while the standby serves.', {
    state: state('serving', { failovers: [ago(3600)] }),
    seen: { evidence: { ...quiet, downAt: ago(50), troubleSince: ago(3605) } },
  }),
  example('site-heard', 'The site speaks again.', {
    state: state('home', { silence: 'alertmanager-dead' }),
    seen: { evidence: up },
  }),
  example('site-clock', 'The clock of the machine that runs Prometheus is half a minute ahead.', {
    state: state('home'),
    seen: { evidence: { ...up, aheadMilliseconds: 31_400 } },
  }),
  example('self-test-passed', 'The weekly self-test.', {
    state: state('warming', { command: command('start'), testing: true, since: ago(3.2) }),
    seen: {
      evidence: { ...up, traffic: { at: ago(0.7), to: 'primary', since: ago(3 * day), standby: 'up' } },
      command: done(),
    },
  }),
  example('self-test-failed', 'The same, and the image is broken.', {
    state: state('warming', { command: command('start'), testing: true, since: ago(61.7) }),
    seen: { evidence: up, command: failed },
  }),
  example('drift', 'The look every 15 minutes finds another image than the primary runs.', {
    state: state('home', { command: command('inspect') }),
    seen: {
      evidence: { ...up, primaryImage: `ghcr.io/acme/api@sha256:${'b2'.repeat(32)}` },
      command: {
        ...done(),
        facts: { runs: false, ran: false, image: 'ghcr.io/acme/api:1.4.2', id: `sha256:${'a1'.repeat(32)}` },
      } as CommandReport,
    },
  }),
  example('paused', 'Somebody pauses automation.', {
    state: state('home'),
    seen: {
      evidence: up,
      request: { action: 'pause', by: 'anna', seconds: 5400, why: 'works on the network' },
    },
  }),
  example('resumed', 'Somebody ends the pause.', {
    state: state('home', { pause }),
    seen: { evidence: up, request: { action: 'resume', by: 'anna' } },
  }),
  example('pause-expired', 'The pause ends by itself.', {
    state: state('home', { pause: { ...pause, until: ago(0.1) } }),
    seen: { evidence: up },
  }),
  example('acknowledged', 'Somebody acknowledges the flapping.', {
    state: state('serving', { failovers: [ago(1900), ago(700), ago(60)] }),
    seen: { evidence: back, request: { action: 'acknowledge', by: 'anna' } },
  }),
];
