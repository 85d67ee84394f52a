import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Clock, TokenSource } from '../ports.ts';

const minLength = 32;
/** After a failure the secret is not read again for so long: each call costs, and a flood of requests must not multiply it. */
const retrySeconds = 1;

type Answer = { readonly token?: string; readonly error?: Error; readonly at: number };

/**
 * The webhook's tokens, the values of two staging labels, each kept in memory for as long as the caller
 * allows. A secret that was never rotated, or whose old token was retired, has no AWSPREVIOUS.
 */
export function secretTokens(client: SecretsManagerClient, secretArn: string, clock: Clock): TokenSource {
  const answers = new Map<string, Answer>();
  const ask = async (label: string): Promise<Answer> => {
    const at = clock();
    try {
      const token = await read(client, secretArn, label);
      return { ...(token !== undefined && { token }), at };
    } catch (error) {
      return { error: error as Error, at };
    }
  };
  const tokenOf = async (label: string, maxAgeSeconds: number): Promise<string | undefined> => {
    let answer = answers.get(label);
    const maxAge = answer?.error ? retrySeconds : maxAgeSeconds;
    if (!answer || clock() - answer.at >= maxAge * 1000) {
      answer = await ask(label);
      answers.set(label, answer);
    }
    if (answer.error) throw answer.error;
    return answer.token;
  };
  return {
    async current(maxAgeSeconds) {
      const token = await tokenOf('AWSCURRENT', maxAgeSeconds);
      if (token === undefined) throw new Error(`webhook token unreadable: ${secretArn} has no value yet`);
      return token;
    },
    previous: (maxAgeSeconds) => tokenOf('AWSPREVIOUS', maxAgeSeconds),
  };
}

/** Undefined if no version of the secret carries the label. */
async function read(
  client: SecretsManagerClient,
  secretArn: string,
  label: string,
): Promise<string | undefined> {
  try {
    const command = new GetSecretValueCommand({ SecretId: secretArn, VersionStage: label });
    const token = (await client.send(command)).SecretString?.trim() ?? '';
    if (token.length >= minLength && !/\s/.test(token)) return token;
    throw new Error(
      `webhook token unreadable: received ${token.length} characters, expected at least ${minLength} without spaces in ${secretArn} (${label})`,
    );
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
