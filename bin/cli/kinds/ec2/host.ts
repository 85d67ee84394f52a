import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  type GetCommandInvocationResult,
  InvalidInstanceId,
  InvocationDoesNotExist,
  paginateDescribeInstanceAssociationsStatus,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { documentParameters, noDecision } from '../../../../lambda/contract/document.ts';
import { awsError, type Session } from '../../aws/session.ts';
import { CliError } from '../../errors.ts';

/** `Online` if the SSM agent on the host is heard; undefined if Systems Manager does not know the host. */
export async function agentStatus(session: Session, instanceId: string): Promise<string | undefined> {
  try {
    const { InstanceInformationList = [] } = await new SSMClient(session).send(
      new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
    );
    return InstanceInformationList[0]?.PingStatus;
  } catch (error) {
    throw awsError(error, `ask Systems Manager for ${instanceId}`);
  }
}

/** How the last "prepare" of each document ended, by the document's name. */
export async function preparations(
  session: Session,
  instanceId: string,
): Promise<ReadonlyMap<string, { readonly status: string; readonly detail: string }>> {
  const client = new SSMClient(session);
  const found = new Map<string, { status: string; detail: string }>();
  try {
    const pages = paginateDescribeInstanceAssociationsStatus({ client }, { InstanceId: instanceId });
    for await (const { InstanceAssociationStatusInfos = [] } of pages)
      for (const {
        Name = '',
        Status = 'Pending',
        ExecutionSummary,
        ErrorCode,
      } of InstanceAssociationStatusInfos)
        found.set(Name, { status: Status, detail: ExecutionSummary ?? ErrorCode ?? Status });
    return found;
  } catch (error) {
    // Of a host that has never registered.
    if (error instanceof InvalidInstanceId) return found;
    throw awsError(error, `ask Systems Manager for the associations of ${instanceId}`);
  }
}

export async function documentVersions(session: Session, name: string) {
  try {
    const { Document } = await new SSMClient(session).send(new DescribeDocumentCommand({ Name: name }));
    return { newest: Document?.LatestVersion ?? '?', usual: Document?.DefaultVersion ?? '?' };
  } catch (error) {
    throw awsError(error, `ask Systems Manager for the document ${name}`);
  }
}

/** EC2's word for the state of the instance. Its client is large, and seldom needed. */
export async function instanceState(session: Session, instanceId: string): Promise<string> {
  const { DescribeInstancesCommand, EC2Client } = await import('@aws-sdk/client-ec2');
  try {
    const { Reservations = [] } = await new EC2Client(session).send(
      new DescribeInstancesCommand({ InstanceIds: [instanceId] }),
    );
    return Reservations[0]?.Instances?.[0]?.State?.Name ?? 'unknown';
  } catch (error) {
    throw awsError(error, `ask EC2 for ${instanceId}`);
  }
}

const pollMilliseconds = 1000;
const ended = new Set(['Success', 'Failed', 'TimedOut', 'Cancelled', 'Cancelling']);

export type PrepareOptions = {
  readonly document: string;
  readonly instanceId: string;
  readonly limitSeconds: number;
};

/**
 * Has the host prepare itself now, by the document of the service, and waits until it has.
 * @throws CliError if the host cannot be reached, the script fails, or the limit passes
 */
export async function prepareHost(session: Session, options: PrepareOptions): Promise<void> {
  const { document, instanceId, limitSeconds } = options;
  const client = new SSMClient(session);
  const id = await sendPrepare(client, document, instanceId);
  const deadline = Date.now() + limitSeconds * 1000;
  for (;;) {
    const { Status = 'Pending', StandardErrorContent = '' } = await invocation(client, id, instanceId);
    if (Status === 'Success') return;
    if (ended.has(Status)) {
      throw new CliError(
        `the host could not prepare itself: ${StandardErrorContent.trim().split('\n').at(-1) || Status}`,
        `Look at the command ${id} in Systems Manager, Run Command, put it right, and run this again.`,
      );
    }
    if (Date.now() > deadline) {
      throw new CliError(
        `the host has not ended the command ${id} within ${limitSeconds} s (it is ${Status})`,
        'Look at it in Systems Manager, Run Command; when it has ended, run this again.',
      );
    }
    await delay(pollMilliseconds);
  }
}

async function sendPrepare(client: SSMClient, document: string, instanceId: string): Promise<string> {
  try {
    const { Command } = await client.send(
      new SendCommandCommand({
        DocumentName: document,
        DocumentVersion: '$LATEST',
        InstanceIds: [instanceId],
        Parameters: documentParameters('prepare', noDecision),
        Comment: 'failover site init',
      }),
    );
    return Command?.CommandId ?? '';
  } catch (error) {
    if (!(error instanceof InvalidInstanceId)) throw awsError(error, `send ${document} to ${instanceId}`);
    throw new CliError(
      `Systems Manager does not reach the host ${instanceId}: it is stopped, or has not registered yet`,
      `A new host takes a minute or two; with standby.pilotLight start it first ("aws ec2 start-instances --instance-ids ${instanceId}"). Then run this again.`,
    );
  }
}

async function invocation(
  client: SSMClient,
  id: string,
  instanceId: string,
): Promise<Partial<GetCommandInvocationResult>> {
  try {
    return await client.send(new GetCommandInvocationCommand({ CommandId: id, InstanceId: instanceId }));
  } catch (error) {
    // For a moment after the command was sent there is no invocation of it.
    if (error instanceof InvocationDoesNotExist) return {};
    throw awsError(error, `look at the command ${id}`);
  }
}
