import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import { tokenRefused } from '../contract/log-lines.ts';
import type { Clock, TokenSource } from '../ports.ts';
import { HttpError, type HttpEvent, type HttpResult } from './http.ts';

/**
 * A retired token is refused at the latest after so long. Each read of the secret costs 5 USD per million:
 * at this age, a sandbox that is asked all the time costs 0.02 USD a month.
 */
export const cacheSeconds = 600;
/** A token that was refused is not looked up again for so long: a sender that has an expired one goes on and on. */
const knownSeconds = 30;
/** So many refused tokens are remembered, the newest. */
const knownLimit = 1000;
/** Tokens that are not known yet are looked up at once, so many in a row; in a flood, one in so many seconds. */
const lookups = { burst: 30, everySeconds: 2 };

/**
 * Lets only a bearer of a valid token through: the current one, or, until it is retired, the one before. A
 * token that is newer than our copy works at once.
 * @throws HttpError 401 for a wrong one; 503 if it cannot be told, so that the alert comes again: the secret
 *   cannot be read, or a flood of unknown tokens has used up what may be looked up now
 */
export function authenticate(tokens: TokenSource, clock: Clock): MiddlewareObj<HttpEvent, HttpResult> {
  const known = refusedTokens(clock);
  const takeLookUp = allowance(clock);
  return {
    before: async ({ event }) => {
      const received = bearerOf(event.headers?.authorization ?? '');
      const checked = (maxAgeSeconds: number) =>
        isValid(tokens, received, maxAgeSeconds).catch((cause: Error) => {
          throw new HttpError(503, 'token-unreadable', `cannot check the token: ${cause.message}`);
        });
      if (await checked(cacheSeconds)) return;
      if (!known.has(received)) {
        if (!takeLookUp())
          throw new HttpError(503, 'token-unchecked', 'too many unknown tokens were received; try again');
        if (await checked(0)) return;
        known.add(received);
      }
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

function refusedTokens(clock: Clock) {
  const refusedAt = new Map<string, number>();
  const keyOf = (token: string) => digest(token).toString('base64');
  return {
    has: (token: string) =>
      clock() - (refusedAt.get(keyOf(token)) ?? Number.NEGATIVE_INFINITY) < knownSeconds * 1000,
    add(token: string) {
      refusedAt.delete(keyOf(token));
      refusedAt.set(keyOf(token), clock());
      const [oldest] = refusedAt.keys();
      if (refusedAt.size > knownLimit && oldest !== undefined) refusedAt.delete(oldest);
    },
  };
}

/** Each look-up costs two calls, and strangers can ask for one by any header. */
function allowance(clock: Clock): () => boolean {
  const { burst, everySeconds } = lookups;
  let left = burst;
  let countedAt = clock();
  return () => {
    const earned = Math.floor((clock() - countedAt) / (everySeconds * 1000));
    left = Math.min(burst, left + earned);
    countedAt += earned * everySeconds * 1000;
    if (left === 0) return false;
    left -= 1;
    return true;
  };
}
