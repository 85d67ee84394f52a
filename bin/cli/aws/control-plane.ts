import { userInfo } from 'node:os';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CliError } from '../errors.ts';
import { awsError, type Session } from './session.ts';

/** The part of the reconciler's answer that an operator reads; lambda/domain/types.ts has the whole. */
export type OperatorAnswer = {
  readonly accepted: boolean;
  readonly message: string;
  readonly reason: string;
  readonly state: {
    readonly phase: string;
    readonly drift?: string;
    readonly inspectedAt?: number;
    readonly silence?: string;
  };
};

export type OperatorRequest = { readonly service: string; readonly action: 'status' };

/** Asks the reconciler as an operator does. @throws CliError */
export async function askReconciler(
  session: Session,
  functionName: string,
  request: OperatorRequest,
): Promise<OperatorAnswer> {
  const Payload = JSON.stringify({ operator: { ...request, by: operatorName() } });
  const answer = await invoke(session, functionName, Payload);
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (!answer.FunctionError) return JSON.parse(text);
  throw new CliError(
    `the reconciler failed: ${JSON.parse(text).errorMessage ?? answer.FunctionError}`,
    `Look at the log group /aws/lambda/${functionName} in CloudWatch.`,
  );
}

async function invoke(session: Session, functionName: string, Payload: string) {
  try {
    return await new LambdaClient(session).send(new InvokeCommand({ FunctionName: functionName, Payload }));
  } catch (error) {
    throw awsError(error, `invoke ${functionName}`);
  }
}

/** Kept in the history with what was asked for. */
function operatorName(): string {
  return userInfo().username.slice(0, 200);
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
