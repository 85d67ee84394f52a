import { LambdaClient } from '@aws-sdk/client-lambda';
import { CliError, messageOf } from '../errors.ts';

/** What every AWS client of one command is made with. */
export type Session = Readonly<ConstructorParameters<typeof LambdaClient>[0] & { region: string }>;

/**
 * Looks for credentials where the SDK does (environment, profile, SSO, instance role), once for all clients.
 * @throws CliError if there are none
 */
export async function openSession(region: string): Promise<Session> {
  const { credentials } = new LambdaClient({ region }).config;
  try {
    await credentials();
  } catch (error) {
    throw new CliError(
      `no AWS credentials: ${messageOf(error).split('\n')[0]}`,
      'Sign in ("aws sso login", "aws configure"), or set AWS_PROFILE to a profile that is.',
    );
  }
  return {
    region,
    credentials,
    maxAttempts: 3,
    // A reconciler that has to be loaded first, and then waits for AWS itself, is slow and not dead.
    requestHandler: { connectionTimeout: 3000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  };
}

const expired = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
]);
const denied = /AccessDenied|NotAuthorized|AuthorizationError|UnauthorizedOperation/;

/** What AWS refused, as something a person can solve. @param doing completes "cannot …" */
export function awsError(error: unknown, doing: string): CliError {
  if (error instanceof CliError) return error;
  const { name = '' } = error instanceof Error ? error : {};
  const text = `cannot ${doing}: ${name ? `${name}: ` : ''}${messageOf(error)}`;
  if (expired.has(name)) return new CliError(text, 'Sign in again: the credentials are not valid any more.');
  if (denied.test(name))
    return new CliError(text, 'Use credentials that may do this; the message names the action.');
  return new CliError(
    text,
    'Check that this machine reaches AWS and that the region in failover.yaml is right, then try again.',
  );
}
