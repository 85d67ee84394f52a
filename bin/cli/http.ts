import http from 'node:http';
import https from 'node:https';
import { trust } from './trust.ts';

export type Answer = {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
};

export type RequestOptions = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM, trusted besides what Node trusts. */
  readonly ca?: string | undefined;
  /** Do not check the certificate: only for what needs no trust and sends no secret. */
  readonly unchecked?: boolean;
  readonly signal?: AbortSignal;
};

/** One request on a connection of its own. Follows no redirect, as Alertmanager does not. */
export function request(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, ca, unchecked = false, signal } = options;
  const secure = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const call = (secure ? https : http).request(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
      agent: false,
      ...(signal && { signal }),
      ...(secure && { rejectUnauthorized: !unchecked, ...trust(ca) }),
    });
    call.on('error', reject);
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    call.end(body);
  });
}
