import type { Capacity } from '../domain/capacity.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Entry } from '../domain/history.ts';
import { type Command, initialState, type State } from '../domain/state.ts';

/**
 * Records as they are stored, also by earlier versions, read as this version knows them. A deployment must be able to
 * take over from any version before it, in the middle of a failover.
 */

type Stored = Readonly<Record<string, unknown>>;

/** @param value what the table holds; undefined if there is nothing yet */
export function readState(service: string, value: Stored | undefined): State {
  const known = { ...initialState(service), ...value } as unknown as State & StoredState;
  const { command, testing, heldBy, stuckIn, stuckTold, verifiedAt, ...shared } = known;
  const outbox = shared.outbox.map((pending) => ({ ...pending, entry: readEntry(pending.entry) }));
  const withCommand = command && { command: readCommand(command) };
  const common = { ...shared, outbox };
  switch (known.phase) {
    case 'draining':
      return { ...common, phase: 'draining' };
    case 'warming':
      return { ...common, phase: 'warming', testing: testing ?? false, ...withCommand };
    case 'starting': {
      const isTold = stuckTold ?? stuckIn === shared.epoch;
      return {
        ...common,
        phase: 'starting',
        ...withCommand,
        ...held(heldBy),
        ...(isTold && { stuckTold: true }),
      };
    }
    case 'serving':
      return {
        ...common,
        phase: 'serving',
        ...withCommand,
        ...held(heldBy),
        // Never: it is verified at once.
        verifiedAt: verifiedAt ?? 0,
      };
    default:
      return { ...common, phase: known.phase, ...withCommand };
  }
}

/** What phases have of their own, and what has had other names. */
type StoredState = {
  readonly command?: Command & StoredCommand;
  readonly testing?: boolean;
  readonly heldBy?: string;
  readonly stuckTold?: boolean;
  /** Earlier versions: the epoch in which people were told. */
  readonly stuckIn?: number;
  readonly verifiedAt?: number;
};

/** In earlier versions the status of a command followed from which of these it had. */
type StoredCommand = {
  readonly id?: string;
  readonly retryAt?: number;
  readonly failure?: string;
  readonly hostUnreachable?: boolean;
  readonly noCapacity?: boolean;
};

const held = (heldBy: string | undefined) => (heldBy === undefined ? {} : { heldBy });

function readCommand(stored: Command & StoredCommand): Command {
  if (stored.status !== undefined) return stored;
  const { action, serial, attempt, requestedAt } = stored as Command;
  const { id, retryAt, failure, hostUnreachable, noCapacity } = stored as StoredCommand;
  const base = { action, serial, attempt, requestedAt };
  if (retryAt !== undefined) {
    const unreachable = failure === undefined ? 'host-off' : 'host-unreachable';
    const cause = noCapacity ? 'no-capacity' : hostUnreachable ? unreachable : 'command';
    const text = noCapacity ? 'there is no capacity for the host' : 'the host was off; it was asked to start';
    return { ...base, status: 'failed', cause, failure: failure ?? text, retryAt };
  }
  return id === undefined ? { ...base, status: 'requested' } : { ...base, status: 'sent', id };
}

/** @param value what the table holds; undefined if there is nothing yet */
export function readEvidence(value: Stored | undefined): Evidence {
  if (value === undefined) return {};
  // Earlier versions called "unserved" "nobody".
  const { nobodyAt, stamps, ...rest } = value as Evidence & {
    readonly nobodyAt?: number;
    readonly stamps?: Evidence['stamps'] & { readonly nobody?: number };
  };
  const { nobody, ...others } = stamps ?? {};
  return {
    ...(nobodyAt !== undefined && { unservedAt: nobodyAt }),
    ...rest,
    ...(stamps && { stamps: { ...(nobody !== undefined && { unserved: nobody }), ...others } }),
  };
}

/** In earlier versions an entry named the state of the host as EC2 does. */
const capacities: Readonly<Record<string, Capacity>> = {
  pending: 'starting',
  running: 'on',
  stopping: 'stopping',
  'shutting-down': 'stopping',
  stopped: 'off',
  terminated: 'gone',
};

/** An entry of the history, from the table or from the outbox. */
export function readEntry(stored: Entry): Entry {
  const { host, ...seen } = (stored.seen ?? {}) as Entry['seen'] & { readonly host?: string };
  const capacity = host && capacities[host];
  return capacity ? ({ ...stored, seen: { ...seen, capacity } } as Entry) : stored;
}
