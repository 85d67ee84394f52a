import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import type { TokenSource } from '../ports.ts';
import { HttpError, type HttpEvent, type HttpResult } from './http.ts';

const cacheSeconds = 300;
/** A token we do not know may be a newer one than our copy: look again, but not for every forgery. */
const recheckSeconds = 10;

/**
 * Lets only a bearer of a valid token through.
 * @throws HttpError 401 without one; 503 if our own copy cannot be read, so that the alert is retried
 */
export function authenticate(tokens: TokenSource): MiddlewareObj<HttpEvent, HttpResult> {
  return {
    before: async ({ event }) => {
      const header = event.headers?.authorization ?? '';
      const received = /^Bearer +(\S+)$/i.exec(header)?.[1];
      if (received === undefined) {
        const what =
          header === '' ? 'no Authorization header' : 'an Authorization header that is not "Bearer <token>"';
        throw new HttpError(
          401,
          'unauthorized',
          `received ${what}, expected "Bearer <token>"`,
          'authorization',
        );
      }
      if (await matches(tokens, received, cacheSeconds)) return;
      if (await matches(tokens, received, recheckSeconds)) return;
      throw new HttpError(401, 'unauthorized', 'received a token that is not valid here', 'authorization');
    },
  };
}

async function matches(tokens: TokenSource, received: string, maxAgeSeconds: number): Promise<boolean> {
  let valid: readonly string[];
  try {
    valid = await tokens.valid(maxAgeSeconds);
  } catch (cause) {
    throw new HttpError(503, 'token-unreadable', `cannot check the token: ${(cause as Error).message}`);
  }
  return valid.some((token) => timingSafeEqual(digest(token), digest(received)));
}

/** Digests have one length, so that comparing takes one time. */
const digest = (text: string) => createHash('sha256').update(text).digest();
