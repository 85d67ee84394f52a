import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import { tokenRefused } from '../log-lines.ts';
import type { Clock, TokenSource } from '../ports.ts';
import { HttpError, type HttpEvent, type HttpResult } from './http.ts';

/**
 * A retired token is refused at the latest after so long. Each read of the secret costs 5 USD per million:
 * at this age, a sandbox that is asked all the time costs 0.02 USD a month.
 */
export const cacheSeconds = 600;
const firstPauseSeconds = 5;

/**
 * Lets only a bearer of a valid token through: the current one, or, until it is retired, the one before.
 * @throws HttpError 401 without one; 503 if our own copy cannot be read, so that the alert is retried
 */
export function authenticate(tokens: TokenSource, clock: Clock): MiddlewareObj<HttpEvent, HttpResult> {
  const mayLook = patience(clock);
  return {
    before: async ({ event }) => {
      const received = bearerOf(event.headers?.authorization ?? '');
      try {
        if (await isValid(tokens, received, cacheSeconds)) return;
        // It may be newer than our copy. Whoever is wrong again and again looks up nothing by that.
        if (await isValid(tokens, received, mayLook.pauseSeconds())) return mayLook.reset();
      } catch (cause) {
        throw new HttpError(503, 'token-unreadable', `cannot check the token: ${(cause as Error).message}`);
      }
      mayLook.refused();
      throw new HttpError(401, tokenRefused, 'received a token that is not valid here', 'authorization');
    },
  };
}

/** @throws HttpError 401 */
function bearerOf(header: string): string {
  const received = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (received !== undefined) return received;
  const what =
    header === '' ? 'no Authorization header' : 'an Authorization header that is not "Bearer <token>"';
  throw new HttpError(401, 'unauthorized', `received ${what}, expected "Bearer <token>"`, 'authorization');
}

/** Most requests bear the current token: then the one before it is never read, and costs nothing. */
async function isValid(tokens: TokenSource, received: string, maxAgeSeconds: number): Promise<boolean> {
  if (isSame(await tokens.current(maxAgeSeconds), received)) return true;
  const previous = await tokens.previous(maxAgeSeconds);
  return previous !== undefined && isSame(previous, received);
}

/** Digests have one length, so that comparing takes one time. */
const isSame = (token: string, received: string) => timingSafeEqual(digest(token), digest(received));
const digest = (text: string) => createHash('sha256').update(text).digest();

/**
 * How old our copy must be before an unknown token makes us look again: not at all for the first, so that
 * a rotation works at once, and twice as long for each that was refused, until nothing was for a while.
 */
function patience(clock: Clock) {
  let pause = 0;
  let refusedAt = Number.NEGATIVE_INFINITY;
  return {
    pauseSeconds() {
      if (clock() - refusedAt > cacheSeconds * 1000) pause = 0;
      return pause;
    },
    refused() {
      pause = Math.min(Math.max(firstPauseSeconds, 2 * pause), cacheSeconds);
      refusedAt = clock();
    },
    reset() {
      pause = 0;
    },
  };
}
