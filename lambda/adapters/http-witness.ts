import type { Log, Witness } from '../ports.ts';

const tries = 3;
const limitMilliseconds = 3000;

/** Errors that mean: no machine there, or nothing listens. Others, such as a name that does not resolve, prove nothing. */
const nobodyThere: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'TimeoutError',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** Somebody answered, if not to our liking. */
const isOfTls = (code: string) => /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code);

/**
 * Asks the site's public address. Whatever answers proves that the site is there, even with an error or a
 * certificate that has run out: whether the service is well is for the site's own monitoring to say.
 * @param pauseMilliseconds between two tries
 */
export function httpWitness(url: string, log: Log, pauseMilliseconds = 1000): Witness {
  return {
    async look() {
      let code = '';
      for (let attempt = 1; attempt <= tries; attempt++) {
        code = await failureOf(url);
        if (code === '' || isOfTls(code)) return 'reachable';
        log.warn('witness: the site does not answer', { url, attempt, code });
        if (attempt < tries) await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
      }
      return nobodyThere.has(code) ? 'unreachable' : undefined;
    },
  };
}

/** The code of the error; empty if there was an answer. */
async function failureOf(url: string): Promise<string> {
  try {
    const signal = AbortSignal.timeout(limitMilliseconds);
    const { body } = await fetch(url, { redirect: 'manual', signal });
    await body?.cancel();
    return '';
  } catch (error) {
    const { name, cause } = error as Error;
    return String((cause as { code?: unknown } | undefined)?.code ?? name);
  }
}
