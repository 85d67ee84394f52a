import { AwsError } from '../aws-error.ts';
import type { Service } from '../endpoint.ts';
import type { Assembly } from '../template.ts';
import { asList, asObject, asString, type Json } from '../values.ts';
import { type Association, readAssociation } from './ssm-associations.ts';
import {
  type CommandWorld,
  createAgent,
  createInvocation,
  describe,
  type Invocation,
} from './ssm-commands.ts';
import { type CommandDocument, findDocument, readDocument } from './ssm-document.ts';
import { createParameters } from './ssm-parameters.ts';

/** The SSM stand-in: its calls, and the associations that AWS applies by itself. */
export interface Ssm {
  readonly service: Service;
  /** Applies every association of the assembly once; settles when their scripts have ended. */
  applyAssociations(): Promise<void>;
  /** Parameters, documents and associations of another deployment. Settles when the associations that are new or have changed have been applied. */
  redeploy(assembly: Assembly): Promise<void>;
  /** What the parameters hold, by name. */
  readonly parameters: ReadonlyMap<string, string>;
  putParameter(name: string, value: string): void;
}

/** AWS keeps this much of a script's output. */
const MAX_STDOUT = 24_000;
const MAX_STDERR = 8_000;
const DEFAULT_DELIVERY_SECONDS = 3600;

/**
 * @param existingParameters what people have put into parameters: values by name
 * @throws DrillError for a document or association that the drill cannot carry out
 */
export function createSsm(
  assembly: Assembly,
  world: CommandWorld,
  existingParameters?: Readonly<Record<string, string>>,
): Ssm {
  const parameters = createParameters(assembly, existingParameters);
  let { documents, associations } = readAll(assembly);
  const invocations = new Map<string, Invocation>();
  const enqueue = createAgent(world);

  const send = (input: Json): Json => {
    const { document, instanceId } = checkedTarget(input, documents, world);
    const bound = document.bind(asObject(input.Parameters ?? {}, 'Parameters'));
    const comment = String(input.Comment ?? '');
    const invocation = createInvocation(
      document,
      bound,
      instanceId,
      comment,
      deliverySeconds(input.TimeoutSeconds),
    );
    invocations.set(`${invocation.commandId}/${instanceId}`, invocation);
    world.tell({ kind: 'command-sent', ...describe(invocation) });
    world.background.start(() => enqueue(invocation));
    return { Command: commandOf(invocation) };
  };

  return {
    parameters: parameters.values,
    putParameter: parameters.put,
    service: {
      operations: {
        ...parameters.operations,
        SendCommand: {
          resources: (input) => [
            findDocument(documents, input.DocumentName)?.arn ?? String(input.DocumentName),
            ...asList(input.InstanceIds, 'InstanceIds').map((id) => world.instanceArn(String(id))),
          ],
          run: send,
        },
        GetCommandInvocation: {
          resources: () => ['*'],
          run: (input) => invocationOf(findInvocation(input, invocations, world)),
        },
      },
    },
    applyAssociations: () => apply(associations),
    async redeploy(next) {
      const applied = new Set(associations.map(({ text }) => text));
      parameters.redeploy(next);
      ({ documents, associations } = readAll(next));
      await apply(associations.filter(({ text }) => !applied.has(text)));
    },
  };

  async function apply(some: readonly Association[]): Promise<void> {
    const runs = some.flatMap(({ document, instanceIds, parameters: given }) =>
      instanceIds.map((id) => {
        const bound = document.bind(given);
        return enqueue(createInvocation(document, bound, id, 'association', DEFAULT_DELIVERY_SECONDS));
      }),
    );
    await Promise.all(runs);
  }
}

function readAll(assembly: Assembly) {
  const documents = assembly.ofType('AWS::SSM::Document').map(readDocument);
  const associations = assembly
    .ofType('AWS::SSM::Association')
    .map((resource) => readAssociation(resource, documents));
  return { documents, associations };
}

function checkedTarget(input: Json, documents: readonly CommandDocument[], world: CommandWorld) {
  const document = findDocument(documents, input.DocumentName);
  if (!document)
    throw new AwsError('InvalidDocument', `Document with name ${String(input.DocumentName)} does not exist.`);
  if (input.Targets !== undefined) throw new AwsError('InvalidTarget', 'the drill serves InstanceIds only');
  const [instanceId, ...others] = asList(input.InstanceIds, 'InstanceIds').map(String);
  if (instanceId === undefined || others.length > 0) {
    throw new AwsError(
      'InvalidInstanceId',
      `the drill serves exactly one instance id, got ${1 + others.length}`,
    );
  }
  // SSM says the same of an instance that does not exist, is stopped, or has not registered yet.
  if (!world.isOnline(instanceId))
    throw new AwsError('InvalidInstanceId', 'Instances not in a valid state for account');
  return { document, instanceId };
}

function deliverySeconds(given: unknown): number {
  if (given === undefined) return DEFAULT_DELIVERY_SECONDS;
  if (typeof given === 'number' && given >= 30 && given <= 2_592_000) return given;
  throw new AwsError(
    'ValidationException',
    `Value '${String(given)}' at 'timeoutSeconds' failed to satisfy constraint: Member must have value greater than or equal to 30`,
  );
}

function findInvocation(
  input: Json,
  invocations: ReadonlyMap<string, Invocation>,
  world: CommandWorld,
): Invocation {
  const found = invocations.get(
    `${asString(input.CommandId, 'CommandId')}/${asString(input.InstanceId, 'InstanceId')}`,
  );
  const visible = found && Date.now() - found.requestedAt >= world.latencies.invocationVisibleSeconds * 1000;
  if (found && visible) return found;
  throw new AwsError('InvocationDoesNotExist', 'the command has no such invocation (yet)');
}

function commandOf(invocation: Invocation): Json {
  const { commandId, document, instanceId, bound, comment, requestedAt, expiresAt } = invocation;
  return {
    CommandId: commandId,
    DocumentName: document.name,
    Comment: comment,
    Parameters: Object.fromEntries(Object.entries(bound.parameters).map(([name, value]) => [name, [value]])),
    InstanceIds: [instanceId],
    Targets: [],
    RequestedDateTime: requestedAt / 1000,
    ExpiresAfter: expiresAt / 1000,
    Status: 'Pending',
    StatusDetails: 'Pending',
    TargetCount: 1,
    CompletedCount: 0,
    ErrorCount: 0,
    DeliveryTimedOutCount: 0,
  };
}

function invocationOf({ commandId, instanceId, document, comment, run, ...times }: Invocation): Json {
  const { status, statusDetails, startedAt, endedAt } = times;
  return {
    CommandId: commandId,
    InstanceId: instanceId,
    DocumentName: document.name,
    Comment: comment,
    PluginName: 'aws:runShellScript',
    Status: status,
    StatusDetails: statusDetails,
    ResponseCode: run?.exitCode ?? -1,
    ExecutionStartDateTime: startedAt === undefined ? '' : new Date(startedAt).toISOString(),
    ExecutionEndDateTime: endedAt === undefined ? '' : new Date(endedAt).toISOString(),
    StandardOutputContent: (run?.stdout ?? '').slice(0, MAX_STDOUT),
    StandardErrorContent: (run?.stderr ?? '').slice(0, MAX_STDERR),
  };
}
