import {
  ChangeSetNotFoundException,
  CloudFormationClient,
  DeleteChangeSetCommand,
  paginateDescribeChangeSet,
  type ResourceChange,
} from '@aws-sdk/client-cloudformation';
import { awsError, type Session } from '../../aws/session.ts';

/** What a deployment would do to the host. */
export type Replacement = {
  /** The instance that would go. */
  readonly instanceId: string;
  /** The properties for which it goes, for people. */
  readonly because: readonly string[];
};

/**
 * Reads a change set that was prepared and not carried out, and takes it away again.
 * @returns undefined if the instance stays
 * @throws CliError
 */
export async function replacementIn(
  session: Session,
  stack: string,
  changeSet: string,
): Promise<Replacement | undefined> {
  const client = new CloudFormationClient(session);
  const names = { StackName: stack, ChangeSetName: changeSet };
  try {
    const changes: ResourceChange[] = [];
    for await (const { Changes = [] } of paginateDescribeChangeSet({ client }, names))
      changes.push(...Changes.flatMap(({ ResourceChange }) => (ResourceChange ? [ResourceChange] : [])));
    await client.send(new DeleteChangeSetCommand(names));
    const host = changes.find(goes);
    if (!host) return undefined;
    const because = (host.Details ?? []).flatMap(({ Target }) =>
      Target?.RequiresRecreation !== 'Never' && Target?.Name ? [Target.Name] : [],
    );
    return { instanceId: host.PhysicalResourceId ?? 'unknown', because: [...new Set(because)] };
  } catch (error) {
    // The CDK makes none, or takes it away again, where a stack would stay as it is.
    if (error instanceof ChangeSetNotFoundException) return undefined;
    throw awsError(error, `read the change set ${changeSet} of ${stack}`);
  }
}

/** `Conditional`: CloudFormation knows only while it does it. That is not known to be harmless. */
const goes = ({ ResourceType, Action, Replacement: replacement }: ResourceChange): boolean =>
  ResourceType === 'AWS::EC2::Instance' &&
  (Action === 'Remove' || (Action === 'Modify' && (replacement === 'True' || replacement === 'Conditional')));
