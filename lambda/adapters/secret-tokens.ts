import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock, TokenSource } from '../ports.ts';

const minLength = 32;

/** The webhook's token, kept in memory for as long as the caller allows. */
export function secretTokens(client: SecretsManagerClient, secretArn: string, clock: Clock): TokenSource {
  let cached: { tokens: readonly string[]; readAt: number } | undefined;
  return {
    async valid(maxAgeSeconds) {
      if (cached && clock() - cached.readAt < maxAgeSeconds * 1000) return cached.tokens;
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
      const token = SecretString?.trim() ?? '';
      if (token.length < minLength || /\s/.test(token)) {
        throw new Error(
          `webhook token unreadable: received ${token.length} characters, expected at least ${minLength} without spaces in ${secretArn}`,
        );
      }
      cached = { tokens: [token], readAt: clock() };
      return cached.tokens;
    },
  };
}
