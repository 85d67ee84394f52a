import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { awsError, type Session } from './session.ts';

export type DeployedStack = { readonly name: string; readonly status: string; readonly outputs: Outputs };

/** By the names that lib/failover-stack.ts and lib/kinds/ec2/host-stack.ts give them. */
export type Outputs = Readonly<Partial<Record<string, string>>>;

/** Undefined if no such stack is deployed. @throws CliError */
export async function describeStack(session: Session, name: string): Promise<DeployedStack | undefined> {
  try {
    const { Stacks } = await new CloudFormationClient(session).send(
      new DescribeStacksCommand({ StackName: name }),
    );
    const [stack] = Stacks ?? [];
    if (!stack) return undefined;
    const outputs = (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue]);
    return { name, status: stack.StackStatus ?? 'unknown', outputs: Object.fromEntries(outputs) };
  } catch (error) {
    // DescribeStacks answers ValidationError for a stack that does not exist: API_DescribeStacks.
    if ((error as Error).name === 'ValidationError' && /does not exist/.test((error as Error).message))
      return undefined;
    throw awsError(error, `read the stack ${name}`);
  }
}
