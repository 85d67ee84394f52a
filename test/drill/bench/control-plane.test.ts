import { describe, expect, test } from 'vitest';
import type { Control } from '../../../drill/bench/bench-stage.ts';
import { controlRecord, home } from '../../../drill/bench/control-plane.ts';
import type { Happening } from '../../../drill/cloud/happenings.ts';
import { Happened } from '../../../drill/kit/event-log.ts';
import type { ServerChange } from '../../../drill/site/haproxy-log.ts';
import { initialState } from '../../../lambda/domain/state.ts';

const alert = (at: number, name: string): Happening => ({
  at,
  kind: 'webhook-received',
  route: 'POST /failover',
  alerts: [{ name, status: 'firing', service: 'api', observedAt: undefined }],
});
const command = (at: number, kind: 'command-sent' | 'script-started' | 'script-ended', action = 'start') =>
  ({
    at,
    kind,
    commandId: 'c',
    document: 'd',
    instanceId: 'i',
    parameters: { action },
    status: 'Success',
  }) satisfies Happening;

function seen(...all: Happening[]) {
  const happenings = new Happened<Happening>();
  const serverChanges = new Happened<ServerChange>();
  for (const one of all) happenings.add(one);
  serverChanges.add({ at: 900, server: 'standby', state: 'UP' });
  serverChanges.add({ at: 1010, server: 'primary', state: 'DOWN' });
  serverChanges.add({ at: 3100, server: 'standby', state: 'UP' });
  return { happenings, serverChanges, badSigns: new Set(['PrimarySuspect', 'PrimaryDown']) };
}

const failover = [
  command(500, 'command-sent'),
  alert(1400, 'PrimaryUp'),
  alert(1500, 'PrimarySuspect'),
  command(1600, 'command-sent'),
  alert(1900, 'PrimaryDown'),
  command(2600, 'script-started'),
];

const run = { faultAt: 1000, recoveredAt: 3300, epochs: 2, delayMs: 25 };

describe('what the control plane did', () => {
  test('the phases end with the recovery, the floor with the healthy container', () => {
    expect(controlRecord(seen(...failover), { ...run, epochs: 2 })).toEqual({
      epochs: 2,
      phases: { detect: 0.01, wake: 0, alert: 0.49, decide: 0.1, dispatch: 1, start: 0.5, route: 0.2 },
      floorSeconds: 1.65,
    });
  });

  test('woken by the site, the phases of the control plane take no time, and the floor has what the host noted', () => {
    const ended = {
      ...command(2700, 'script-ended'),
      output: 'standby: running=true ran=true asked=1200 answered=1400 renewed=1400 slept=-',
    };
    const woken = seen(...failover, ended);
    const serverChanges = {
      all: woken.serverChanges.all.map((one) => (one.server === 'standby' ? { ...one, at: 1500 } : one)),
    };
    const record = controlRecord({ ...woken, serverChanges } as never, { ...run, recoveredAt: 1700 });
    expect(record.phases).toMatchObject({
      detect: 0.01,
      wake: 0.49,
      alert: 0,
      dispatch: 0,
      start: 0,
      route: 0.2,
    });
    expect(record.floorSeconds).toBeCloseTo(0.5, 6);
  });

  test('without a start on suspicion the first sign is not what starts', () => {
    const onEvidence = { ...seen(...failover), badSigns: new Set(['PrimaryDown']) };
    expect(controlRecord(onEvidence, { ...run, epochs: 2 }).phases).toMatchObject({ alert: 0.89, decide: 0 });
  });

  test('no failover, no phases: neither after a blip nor when nothing was started', () => {
    expect(controlRecord(seen(...failover), { ...run, epochs: 0 })).toEqual({ epochs: 0 });
    expect(controlRecord(seen(alert(1500, 'PrimaryDown')), { ...run, epochs: 2 })).toEqual({ epochs: 2 });
  });
});

describe('the way home', () => {
  const controlIn = (phases: ('home' | 'draining')[]): Control => ({
    ...seen(),
    state: async () => ({
      ...initialState('api'),
      phase: phases.length > 1 ? (phases.shift() ?? 'home') : (phases[0] ?? 'home'),
    }),
    tick: () => {},
    forgetSuspicion: async () => {},
  });

  test('ends at home', async () => {
    await expect(home(controlIn(['draining', 'home']), 5)).resolves.toBeUndefined();
  });

  test('that takes too long says where it stopped', async () => {
    await expect(home(controlIn(['draining']), 0)).rejects.toThrow(/not at home 0 s .* phase draining/);
  });
});
