import { hostname, userInfo } from 'node:os';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
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

/** Asks the reconciler as an operator does. @throws CliError */
export async function askReconciler(
  session: Session,
  functionName: string,
  service: string,
  asked: Asked,
): Promise<OperatorAnswer> {
  const Payload = JSON.stringify({ operator: { service, ...asked, by: operatorName() } });
  const answer = await invoke(session, functionName, Payload);
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (!answer.FunctionError) return JSON.parse(text);
  throw new CliError(
    `the reconciler failed: ${JSON.parse(text).errorMessage ?? answer.FunctionError}`,
    `Look at the log group /aws/lambda/${functionName.replace(/:.*$/, '')} in CloudWatch.`,
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

/** When the site last said that the primary is up, in Unix milliseconds; undefined for never. @throws CliError */
export async function lastHeartbeat(
  session: Session,
  table: string,
  service: string,
): Promise<number | undefined> {
  try {
    const { Item } = await new DynamoDBClient(session).send(
      new GetItemCommand({
        TableName: table,
        // The key of lambda/adapters/dynamodb.ts.
        Key: { pk: { S: `evidence#${service}` }, sk: { S: 'primary' } },
      }),
    );
    const at = Item?.value?.M?.upAt?.N;
    return at === undefined ? undefined : Number(at);
  } catch (error) {
    throw awsError(error, `read the evidence in ${table}`);
  }
}
