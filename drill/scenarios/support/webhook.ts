import { type Agent, request } from 'node:http';

/** An alert as Alertmanager would post it. */
export interface AlertToPost {
  readonly name: string;
  readonly status?: 'firing' | 'resolved';
  /** Unix milliseconds; now without it. */
  readonly observedAt?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body: string;
  readonly seconds: number;
}

/** A webhook body of version 4. */
export function webhookBody(service: string, alerts: readonly AlertToPost[]): string {
  return JSON.stringify({
    version: '4',
    status: 'firing',
    receiver: 'failover',
    groupKey: '{}:{}',
    truncatedAlerts: 0,
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://drill',
    alerts: alerts.map(({ name, status = 'firing', observedAt = Date.now(), labels }) => ({
      status,
      labels: { alertname: name, service, ...labels },
      annotations: { observed_at: (observedAt / 1000).toFixed(3) },
      startsAt: new Date(observedAt).toISOString(),
      endsAt: status === 'resolved' ? new Date().toISOString() : '0001-01-01T00:00:00Z',
      generatorURL: '',
      fingerprint: '0000000000000000',
    })),
  });
}

/** Posts alerts to a webhook. @param token goes along as a bearer's */
export function post(
  url: string,
  { service, token, agent }: { service: string; token: string; agent?: Agent },
  alerts: readonly AlertToPost[],
): Promise<WebhookAnswer> {
  return send(url, webhookBody(service, alerts), { authorization: `Bearer ${token}` }, agent);
}

/** Posts any text. fetch would give up on an answer that comes before it has sent everything. */
export function send(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  agent?: Agent,
): Promise<WebhookAnswer> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
        ...(agent && { agent }),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: text,
            seconds: (performance.now() - began) / 1000,
          }),
        );
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
