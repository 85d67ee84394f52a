import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoEvidenceStore, dynamoHistory, dynamoStateStore } from './adapters/dynamodb.ts';
import type { ServiceSettings } from './contract/settings.ts';
import type { Channel } from './domain/history.ts';
import type { Clock, Deliver, Log, ServicePorts, StandbyKind, Witness } from './ports.ts';

/** What the reconciler is wired from. */
export type Parts = {
  readonly documents: DynamoDBDocumentClient;
  /** Name of the table. */
  readonly table: string;
  readonly kind: StandbyKind;
  readonly witness?: (url: string) => Witness;
  /** The ways to people; the history is in the table. */
  readonly people: Readonly<Record<Exclude<Channel, 'history'>, Deliver>>;
  readonly clock: Clock;
  readonly log: Log;
};

/** Wires the reconciler for one service: in the function, and wherever else it is run as it is (lib/cost). */
export function wire(settings: ServiceSettings, parts: Parts): ServicePorts {
  const { documents, table, kind, witness, people, clock, log } = parts;
  const { policy, witnessUrl } = settings;
  return {
    states: dynamoStateStore(documents, table),
    evidence: dynamoEvidenceStore(documents, table, () => policy.heartbeatTimeoutSeconds),
    ...kind(settings),
    ...(witness && witnessUrl && { witness: witness(witnessUrl) }),
    channels: { history: dynamoHistory(documents, table), ...people },
    clock,
    pause: async (milliseconds) => delay(milliseconds),
    log,
  };
}
