import { hostname, userInfo } from 'node:os';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Decision, Evidence, OperatorRequest, Policy } from '../../../lambda/domain/types.ts';
import { CliError } from '../errors.ts';
import { awsError, type Session } from './session.ts';

/** What the reconciler answers to an operator (lambda/reconciler/handler.ts). */
export type OperatorAnswer = Pick<Decision, 'site' | 'reason' | 'state'> & {
  readonly accepted: boolean;
  /** Why it was refused, or why the service stands where it stands. */
  readonly message: string;
  /** What it decided from, and by which policy; Unix milliseconds of the decision. */
  readonly evidence: Evidence;
  readonly policy: Policy;
  readonly at: number;
  /** Name of the table that has the history. */
  readonly table: string;
};

type Without<Request, Key extends PropertyKey> = Request extends unknown ? Omit<Request, Key> : never;

/** `status` wants nothing but to know. */
export type Asked = { readonly action: 'status' } | Without<OperatorRequest, 'by'>;

/** Asks the reconciler as an operator does. @param name of failover.yaml @throws CliError */
export async function askReconciler(
  session: Session,
  name: string,
  service: string,
  asked: Asked,
): Promise<OperatorAnswer> {
  // By the name that lib/constructs/reconciler.ts gives it: to read the stack's outputs takes as long as the answer.
  const functionName = `${name}-reconciler:operators`;
  const Payload = JSON.stringify({ operator: { service, ...asked, by: operatorName() } });
  const answer = await invoke(session, functionName, Payload);
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (!answer.FunctionError) return complete(JSON.parse(text));
  throw new CliError(
    `the reconciler failed: ${JSON.parse(text).errorMessage ?? answer.FunctionError}`,
    `Look at the log group /aws/lambda/${functionName.replace(/:.*$/, '')} in CloudWatch.`,
  );
}

function complete(answer: OperatorAnswer): OperatorAnswer {
  if (answer.evidence && answer.policy && answer.table) return answer;
  throw new CliError(
    'the reconciler that is deployed is older than this command and does not say what it decides from',
    'Deploy this version first: "npx cdk deploy --all".',
  );
}

async function invoke(session: Session, functionName: string, Payload: string) {
  try {
    return await new LambdaClient(session).send(new InvokeCommand({ FunctionName: functionName, Payload }));
  } catch (error) {
    throw awsError(error, `invoke ${functionName}`);
  }
}

/** Kept in the history with what was asked for. It is the operator's own word; CloudTrail knows the principal. */
function operatorName(): string {
  return `${userInfo().username}@${hostname()}`.slice(0, 200);
}
