import { hostname, userInfo } from 'node:os';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  type Asked,
  isComplete,
  type OperatorAnswer,
  operatorEvent,
} from '../../../lambda/contract/events.ts';
import { functionName, operatorsAlias } from '../../../lambda/contract/names.ts';
import { readEvidence, readState } from '../../../lambda/contract/records.ts';
import { CliError } from '../errors.ts';
import { awsError, type Session } from './session.ts';

/** Asks the reconciler as an operator does. @param name of failover.yaml @throws CliError */
export async function askReconciler(
  session: Session,
  name: string,
  service: string,
  asked: Asked,
): Promise<OperatorAnswer> {
  // By its name: to read the stack's outputs takes as long as the answer.
  const reconciler = functionName.reconciler(name);
  const Payload = JSON.stringify(operatorEvent(service, operatorName(), asked));
  const answer = await invoke(session, `${reconciler}:${operatorsAlias}`, Payload);
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (!answer.FunctionError) return complete(JSON.parse(text));
  throw new CliError(
    `the reconciler failed: ${JSON.parse(text).errorMessage ?? answer.FunctionError}`,
    `Look at the log group /aws/lambda/${reconciler} in CloudWatch.`,
  );
}

function complete(answer: OperatorAnswer): OperatorAnswer {
  // The version that is deployed may be an earlier one.
  const { state, evidence } = answer;
  if (isComplete(answer))
    return { ...answer, state: readState(state.service, state), evidence: readEvidence(evidence) };
  throw new CliError(
    'the reconciler that is deployed is older than this command and does not say what it decides from',
    'Deploy this version first: "npm run failover -- deploy".',
  );
}

async function invoke(session: Session, FunctionName: string, Payload: string) {
  try {
    return await new LambdaClient(session).send(new InvokeCommand({ FunctionName, Payload }));
  } catch (error) {
    throw awsError(error, `invoke ${FunctionName}`);
  }
}

/** Kept in the history with what was asked for. It is the operator's own word; CloudTrail knows the principal. */
function operatorName(): string {
  return `${userInfo().username}@${hostname()}`;
}
