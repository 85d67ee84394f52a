import { type Answer, type RequestOptions, request } from './http.ts';
import type { Bundle } from './site/bundle.ts';

/**
 * An Alertmanager body with an alert that is none of ours: the receiver checks the token, reads it, ignores
 * the alert, and answers 202. Nothing is recorded and nobody is woken.
 */
const harmless = JSON.stringify({
  version: '4',
  status: 'firing',
  receiver: 'failover-cli',
  alerts: [{ status: 'firing', labels: { alertname: 'FailoverCheck' }, annotations: {} }],
});

export type PostOptions = Pick<RequestOptions, 'ca' | 'proxy' | 'signal'>;

/** The forward proxy by which a site reaches the webhook; Alertmanager has the same setting. */
export const proxyOf = ({ env }: Bundle): string | undefined => env.WEBHOOK_PROXY_URL || undefined;

/** Posts to the webhook what changes nothing. @throws what the connection throws */
export function postHarmless(
  url: string,
  token: string,
  { ca, proxy, signal }: PostOptions = {},
): Promise<Answer> {
  return request(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: harmless,
    ca,
    proxy,
    ...(signal && { signal }),
  });
}

/** Whether this is how the receiver answers {@link postHarmless}: it took the token and ignored the alert. */
export function isReceiversAnswer({ status, body }: Answer): boolean {
  if (status !== 202) return false;
  try {
    const { accepted, ignored } = JSON.parse(body);
    return accepted === 0 && Array.isArray(ignored) && ignored.length === 1;
  } catch {
    return false;
  }
}
