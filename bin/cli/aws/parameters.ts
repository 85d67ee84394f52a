import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { emptyParameter } from '../../../lambda/contract/names.ts';
import { awsError, type Session } from './session.ts';

/** Undefined while nobody has written it. @throws CliError */
export async function readParameter(session: Session, name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await new SSMClient(session).send(new GetParameterCommand({ Name: name }));
    const value = Parameter?.Value?.trim();
    return value === emptyParameter ? undefined : value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw awsError(error, `read the parameter ${name}`);
  }
}

/** @throws CliError */
export async function writeParameter(session: Session, name: string, value: string): Promise<void> {
  try {
    await new SSMClient(session).send(new PutParameterCommand({ Name: name, Value: value, Overwrite: true }));
  } catch (error) {
    throw awsError(error, `write the parameter ${name}`);
  }
}
