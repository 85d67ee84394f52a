import { randomBytes } from 'node:crypto';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { awsError, type Session } from './session.ts';

/** The webhook accepts both. */
export type Tokens = { readonly current: string | undefined; readonly previous: string | undefined };

/** @throws CliError */
export async function readTokens(session: Session, secret: string): Promise<Tokens> {
  const [current, previous] = await Promise.all([
    readStage(session, secret, 'AWSCURRENT'),
    readStage(session, secret, 'AWSPREVIOUS'),
  ]);
  return { current, previous };
}

async function readStage(session: Session, secret: string, stage: string): Promise<string | undefined> {
  try {
    const command = new GetSecretValueCommand({ SecretId: secret, VersionStage: stage });
    const { SecretString } = await new SecretsManagerClient(session).send(command);
    return SecretString?.trim();
  } catch (error) {
    if (error instanceof ResourceNotFoundException && stage !== 'AWSCURRENT') return undefined;
    throw awsError(error, `read the token (${stage} of ${secret})`);
  }
}

/** 43 characters, as many as the stack's own token has. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/**
 * Makes `token` the current one. Secrets Manager moves the label AWSPREVIOUS to the one before
 * (API_PutSecretValue). @throws CliError; the new one may be current all the same
 */
export async function putToken(session: Session, secret: string, token: string): Promise<void> {
  try {
    await new SecretsManagerClient(session).send(
      new PutSecretValueCommand({ SecretId: secret, SecretString: token }),
    );
  } catch (error) {
    throw awsError(error, 'store a new token');
  }
}

/** Takes the label AWSPREVIOUS away, so that the version has none any more. @throws CliError */
export async function dropPrevious(session: Session, secret: string): Promise<void> {
  const client = new SecretsManagerClient(session);
  try {
    const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: secret }));
    const [id] =
      Object.entries(VersionIdsToStages).find(([, stages]) => stages?.includes('AWSPREVIOUS')) ?? [];
    if (id === undefined) return;
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secret,
        VersionStage: 'AWSPREVIOUS',
        RemoveFromVersionId: id,
      }),
    );
  } catch (error) {
    throw awsError(error, 'retire the previous token');
  }
}
