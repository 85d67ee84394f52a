import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OperatorRequest } from '../../../lambda/domain/observation.ts';
import type { Policy } from '../../../lambda/domain/policy.ts';
import { policy } from '../../support/policy.ts';
import { type Explored, explore } from './explore.ts';
import type { Rules } from './machine.ts';

/** As short as they can be while each still differs from nothing at all. */
const brief: Policy = {
  ...policy,
  leaseSeconds: 1,
  heartbeatTimeoutSeconds: 1,
  stableSeconds: 1,
  cooldownSeconds: 1,
  drainSeconds: 1,
  startOnSuspicion: false,
  confirmSeconds: 1,
  suspicionIntervalSeconds: 4,
  flapLimit: 1000,
  flapWindowSeconds: 3,
  flapStableSeconds: 2,
  verifySeconds: 2,
  inspectSeconds: 1_000_000,
  escalateSeconds: 2,
  commandTimeoutSeconds: 1,
  dispatchTimeoutSeconds: 1,
  retrySeconds: 1,
  retryMaxSeconds: 1,
  hostIdleSeconds: 1,
};

const by = 'x';
const operators: OperatorRequest[] = [
  { action: 'pause', seconds: 2, why: 'x', by },
  { action: 'resume', by },
  { action: 'switchover', by },
  { action: 'failover', by },
  { action: 'failback', by },
];

const early: Policy = { ...brief, startOnSuspicion: true };
const flapping: Policy = { ...brief, flapLimit: 2, flapWindowSeconds: 6, flapStableSeconds: 3 };

/** What else may be so and may happen, besides primaries that fail and return and alerts that are lost. */
export const patientWorlds: Readonly<Record<string, Rules>> = {
  'alerts are late, deciders die at any step': { policy: brief, delays: true, crashes: true },
  'the host fails, commands overtake each other, the standby dies': { policy: brief, hostFails: true },
  'it flaps, and operators acknowledge': { policy: flapping, requests: [{ action: 'acknowledge', by }] },
  'operators ask for anything at any moment': { policy: brief, requests: operators },
  'pilot light, deciders die at any step': { policy: { ...brief, pilotLight: true }, crashes: true },
  'self-tests': { policy: { ...brief, selfTestSeconds: 5 } },
};

export const hastyWorlds: Readonly<Record<string, Rules>> = {
  'start on suspicion, alerts are late': { policy: early, delays: true },
  'start on suspicion, deciders die at any step': { policy: early, crashes: true },
  'the site wakes its standby and lets go of it, deciders die': { policy: early, wakes: true, crashes: true },
  'the site wakes, operators pause': {
    policy: { ...early, suspicionIntervalSeconds: 1, verifySeconds: 1 },
    wakes: true,
    requests: [{ action: 'pause', seconds: 1, why: 'x', by }],
  },
  'somebody looks from outside': { policy: early, hasWitness: true },
};

const most = 400_000;

/**
 * Explores one of them in a process of its own, because counting covered branches takes several times as long
 * as the exploration itself, and prints what there was.
 */
export async function explored(name: string): Promise<Explored> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), name]);
  const { broken, moves, ...found } = JSON.parse(stdout) as Explored;
  console.log(`explored, ${name}: ${JSON.stringify(found)}`);
  return { broken, moves, ...found };
}

if (import.meta.main) {
  const name = process.argv[2] ?? '';
  const rules = { ...patientWorlds, ...hastyWorlds }[name];
  if (!rules) throw new Error(`world: received "${name}", expected one of those in this file`);
  process.stdout.write(JSON.stringify(explore(rules, most)));
}
