import { buildCommand, numberParser } from '@stricli/core';
import { config, json, service } from '../flags.ts';
import { parsePause } from './time.ts';

const common = { service, config, json } as const;
const ofAll = {
  ...common,
  service: { ...service, brief: 'Which service of failover.yaml; all of them without it' },
} as const;

export const statusCommand = buildCommand({
  loader: async () => (await import('./status.ts')).status,
  parameters: {
    flags: {
      watch: { kind: 'boolean', default: false, withNegated: false, brief: 'Look again every 2 s' },
      ...ofAll,
    },
    aliases: { w: 'watch' },
  },
  docs: {
    brief: 'Says who serves, why, since when, and what comes next',
    fullDescription: `Says who serves, as the site saw it last; why, and since when; what is being done; what comes next and when; and, in the last line, what to do. Exit code 1 if nobody serves, or if it is not known who does. With --json, each service has a "case": docs/runbook.md has all of them.

EXAMPLE
  npm run failover -- status --watch`,
  },
});

export const whyCommand = buildCommand({
  loader: async () => (await import('./why.ts')).why,
  parameters: { flags: common },
  docs: {
    brief: 'Explains why a service stands where it stands, and what one can do',
    fullDescription: `Explains why a service stands where it stands: the evidence, what happened last, what blocks a move and until when, and what one can do.

EXAMPLE
  npm run failover -- why --service api`,
  },
});

const atMost = 100;

export const historyCommand = buildCommand({
  loader: async () => (await import('./history.ts')).history,
  parameters: {
    flags: {
      limit: {
        kind: 'parsed',
        parse: (text: string) => {
          const count = numberParser(text);
          if (Number.isInteger(count) && count >= 1 && count <= atMost) return count;
          throw new Error(`received ${JSON.stringify(text)}, expected a whole number, 1 to ${atMost}`);
        },
        placeholder: 'count',
        brief: 'How many moves',
        default: '10',
      },
      ...common,
    },
  },
  docs: {
    brief: 'Lists the last moves with how long each phase took',
    fullDescription: `Lists the last moves, the newest first: when, why, asked for by whom, and how long each phase took, as the control plane saw it. Requests are not in it: the dashboard on the site has those.

EXAMPLE
  npm run failover -- history --limit 3`,
  },
});

const moving = {
  yes: { kind: 'boolean', default: false, withNegated: false, brief: 'Do not ask whether it is wanted' },
  noWait: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Do not wait until it is done',
  },
  ...common,
} as const;

export const switchoverCommand = buildCommand({
  loader: async () => (await import('./move.ts')).switchover,
  parameters: { flags: moving },
  docs: {
    brief: 'Puts the standby in charge while the primary is healthy',
    fullDescription: `Puts the standby in charge while the primary is healthy, for planned work on the site. It stays there until a failback is asked for, and does not count for flapping. HAProxy prefers a healthy primary: traffic follows, at once, when you stop that one. Exit code 3 if it is refused.

EXAMPLE
  npm run failover -- switchover --yes`,
  },
});

export const failoverCommand = buildCommand({
  loader: async () => (await import('./move.ts')).failover,
  parameters: { flags: moving },
  docs: {
    brief: 'Moves to the standby without waiting for any proof',
    fullDescription: `Moves to the standby without waiting for any proof that the primary is down: when the site is silent and you know better. It counts for cooldown and flapping as every failover does. Exit code 3 if it is refused.

EXAMPLE
  npm run failover -- failover --service api`,
  },
});

export const failbackCommand = buildCommand({
  loader: async () => (await import('./move.ts')).failback,
  parameters: { flags: moving },
  docs: {
    brief: 'Brings a service home now',
    fullDescription: `Brings a service home now, without waiting for cooldown or stability. The primary must be healthy. Exit code 3 if it is refused.

EXAMPLE
  npm run failover -- failback --yes`,
  },
});

export const pauseCommand = buildCommand({
  loader: async () => (await import('./automation.ts')).pause,
  parameters: {
    flags: {
      for: { kind: 'parsed', parse: parsePause, placeholder: 'span', brief: '90s, 30m, 2h, 1d; at most 7d' },
      reason: { kind: 'parsed', parse: String, placeholder: 'text', brief: 'For those who find it paused' },
      ...common,
    },
  },
  docs: {
    brief: 'Stops automatic moves for a while',
    fullDescription: `Stops automatic moves for a while; it ends by itself. An outage meanwhile is told and not answered. People can still move the service.

EXAMPLE
  npm run failover -- pause --for 2h --reason "new switches in the server room"`,
  },
});

export const resumeCommand = buildCommand({
  loader: async () => (await import('./automation.ts')).resume,
  parameters: { flags: common },
  docs: {
    brief: 'Lets automation act again',
    fullDescription: `Ends a pause before its time. Exit code 3 if nothing is paused.

EXAMPLE
  npm run failover -- resume`,
  },
});

export const acknowledgeCommand = buildCommand({
  loader: async () => (await import('./automation.ts')).acknowledge,
  parameters: { flags: common },
  docs: {
    brief: 'Ends the wait that flapping brought about',
    fullDescription: `Says that the flapping is known and its cause is gone: the failovers so far count no more, and the usual rules hold for the way home. Exit code 3 if there is no flapping.

EXAMPLE
  npm run failover -- acknowledge`,
  },
});

export const selfTestCommand = buildCommand({
  loader: async () => (await import('./self-test.ts')).selfTest,
  parameters: { flags: ofAll },
  docs: {
    brief: 'Starts the standby without traffic, to see whether it would start',
    fullDescription: `Starts the standby of each service without traffic, waits until it has answered, and lets it be stopped again. Exit code 1 if one does not answer. A service whose site was never set up is skipped.

EXAMPLE
  npm run failover -- self-test`,
  },
});

export const drillCommand = buildCommand({
  loader: async () => (await import('./drill.ts')).drill,
  parameters: {
    flags: {
      scenario: {
        kind: 'parsed',
        parse: String,
        placeholder: 'name',
        optional: true,
        brief: 'What is broken; "npm start -- --list" shows all',
      },
      config,
      json,
    },
  },
  docs: {
    brief: 'Rehearses a failover on this machine, with real parts',
    fullDescription: `Rehearses a failover and the way back on this machine, with real parts and a stand-in for AWS. Touches nothing that is deployed. "npm start -- --help" has more options.

EXAMPLE
  npm run failover -- drill --scenario site-dark`,
  },
});
