import { randomUUID } from 'node:crypto';
import type { Tell } from '../happenings.ts';
import { type Background, type Latencies, pass } from '../latencies.ts';
import type { HostRun, StandbyHost } from '../standby-host.ts';
import type { EventBus } from './events.ts';
import type { BoundScript, CommandDocument } from './ssm-document.ts';

/** One command on one instance, from SendCommand to its end. */
export interface Invocation {
  readonly commandId: string;
  readonly instanceId: string;
  readonly document: CommandDocument;
  readonly bound: BoundScript;
  readonly comment: string;
  readonly requestedAt: number;
  /** Unix milliseconds after which a command that was not delivered is given up. */
  readonly expiresAt: number;
  status: 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut';
  statusDetails: string;
  startedAt: number | undefined;
  endedAt: number | undefined;
  run: HostRun | undefined;
}

/** What commands need of their surroundings. */
export interface CommandWorld {
  readonly latencies: Latencies;
  readonly background: Background;
  readonly events: Pick<EventBus, 'put'>;
  readonly tell: Tell;
  readonly host: StandbyHost;
  /** Whether the SSM agent of the instance is registered now. */
  isOnline(instanceId: string): boolean;
  /** Resolves when the agent is, or becomes, registered. */
  whenOnline(instanceId: string, signal: AbortSignal): Promise<void>;
  instanceArn(instanceId: string): string;
}

/**
 * Makes a command that waits for delivery. As on AWS it expires after its delivery timeout and the script's own
 * time limit together.
 */
export function createInvocation(
  document: CommandDocument,
  bound: BoundScript,
  instanceId: string,
  comment: string,
  deliverySeconds: number,
): Invocation {
  const now = Date.now();
  return {
    commandId: randomUUID(),
    instanceId,
    document,
    bound,
    comment,
    requestedAt: now,
    expiresAt: now + (deliverySeconds + bound.timeoutSeconds) * 1000,
    status: 'Pending',
    statusDetails: 'Pending',
    startedAt: undefined,
    endedAt: undefined,
    run: undefined,
  };
}

/**
 * Carries commands out, one at a time per instance, as the SSM agent does.
 * @returns a function that queues a command; it settles when the command has ended
 */
export function createAgent(world: CommandWorld): (invocation: Invocation) => Promise<void> {
  const queues = new Map<string, Promise<void>>();
  return (invocation) => {
    const before = queues.get(invocation.instanceId) ?? Promise.resolve();
    const dispatched = pass(world.latencies.dispatchSeconds, world.background.signal);
    // A failure of the stand-in itself must not block the commands behind it.
    const done = Promise.allSettled([before, dispatched]).then(() => carryOut(invocation, world));
    queues.set(invocation.instanceId, done);
    return done;
  };
}

async function carryOut(invocation: Invocation, world: CommandWorld): Promise<void> {
  if (world.background.signal.aborted) return;
  if (!(await delivered(invocation, world))) {
    finish(invocation, 'TimedOut', 'DeliveryTimedOut', world);
    return;
  }
  const { script, timeoutSeconds } = invocation.bound;
  move(invocation, 'InProgress', 'InProgress', world);
  invocation.startedAt = Date.now();
  world.tell({ kind: 'script-started', ...describe(invocation) });
  const run = await world.host.run(script, { timeoutSeconds, signal: world.background.signal });
  invocation.run = run;
  if (run.timedOut) finish(invocation, 'TimedOut', 'ExecutionTimedOut', world);
  else if (run.exitCode === 0) finish(invocation, 'Success', 'Success', world);
  else finish(invocation, 'Failed', 'Failed', world);
}

async function delivered(invocation: Invocation, world: CommandWorld): Promise<boolean> {
  const left = invocation.expiresAt - Date.now();
  if (left <= 0) return false;
  if (world.isOnline(invocation.instanceId)) return true;
  const patience = AbortSignal.any([AbortSignal.timeout(left), world.background.signal]);
  return world.whenOnline(invocation.instanceId, patience).then(
    () => true,
    () => false,
  );
}

function finish(
  invocation: Invocation,
  status: Invocation['status'],
  details: string,
  world: CommandWorld,
): void {
  invocation.endedAt = Date.now();
  move(invocation, status, details, world);
  const { run } = invocation;
  world.tell({
    kind: 'script-ended',
    ...describe(invocation),
    exitCode: run?.exitCode ?? -1,
    output: `${run?.stdout ?? ''}${run?.stderr ?? ''}`,
  });
}

function move(
  invocation: Invocation,
  status: Invocation['status'],
  details: string,
  world: CommandWorld,
): void {
  invocation.status = status;
  invocation.statusDetails = details;
  const { commandId, document, instanceId, requestedAt, expiresAt, bound } = invocation;
  const resources = [world.instanceArn(instanceId)];
  const common = {
    'command-id': commandId,
    'document-name': document.name,
    'requested-date-time': isoSeconds(requestedAt),
    status,
  };
  world.events.put({
    source: 'aws.ssm',
    detailType: 'EC2 Command Invocation Status-change Notification',
    resources,
    detail: { ...common, 'instance-id': instanceId },
  });
  // A command to a single instance always has the status of its only invocation.
  const parameters = Object.fromEntries(
    Object.entries(bound.parameters).map(([name, value]) => [name, [value]]),
  );
  world.events.put({
    source: 'aws.ssm',
    detailType: 'EC2 Command Status-change Notification',
    resources,
    detail: { ...common, 'expire-after': isoSeconds(expiresAt), parameters },
  });
}

/** What the drill is told about a command. */
export function describe({ commandId, document, instanceId, bound, status }: Invocation) {
  return { commandId, document: document.name, instanceId, parameters: bound.parameters, status };
}

function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
