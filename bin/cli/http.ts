import http from 'node:http';
import https from 'node:https';
import { TLSSocket } from 'node:tls';
import { trust } from './trust.ts';

export type Answer = {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Of the server's certificate, as it says it; undefined without TLS. */
  readonly certificateValidTo?: string | undefined;
};

export type RequestOptions = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM, trusted in addition to Node's own list. */
  readonly ca?: string | undefined;
  /** Do not check the certificate: only for what needs no trust and sends no secret. */
  readonly unchecked?: boolean;
  /** URL of a forward proxy to go through, with user and password if it asks for them. */
  readonly proxy?: string | undefined;
  readonly signal?: AbortSignal;
};

/** One request on a new connection. Follows no redirect, because Alertmanager does not either. */
export function request(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, ca, unchecked = false, proxy, signal } = options;
  const secure = url.startsWith('https:');
  const agent = proxy
    ? new (secure ? https : http).Agent({ proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } })
    : false;
  return new Promise((resolve, reject) => {
    const call = (secure ? https : http).request(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
      agent,
      ...(signal && { signal }),
      ...(secure && { rejectUnauthorized: !unchecked, ...trust(ca) }),
    });
    call.on('error', reject);
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      // Of a socket that has ended nothing can be asked.
      const certificate =
        response.socket instanceof TLSSocket ? response.socket.getPeerCertificate() : undefined;
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text,
          certificateValidTo: certificate?.valid_to,
        });
      });
    });
    call.end(body);
  });
}
