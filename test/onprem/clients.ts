import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { HaproxyUnderTest } from './site.ts';

/** What a client saw. `status` is null if its connection broke without a whole answer; `error` says how. */
export type Answer = {
  error?: string;
  status: number | null;
  site: string | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
  seconds: number;
};

export type Call = {
  method?: string;
  path?: string;
  id?: string;
  body?: string;
  headers?: Record<string, string>;
};

/** Keeps its connections, as browsers and services do: failures look different on a used one. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: string;

  constructor(site: Pick<HaproxyUnderTest, 'url'>) {
    this.#url = site.url;
  }

  /** Sends one request. Never rejects: a broken connection is an answer with `status: null`. */
  send({ method = 'GET', path = '/', id, body, headers = {} }: Call = {}): Promise<Answer> {
    const start = performance.now();
    return new Promise((resolve) => {
      const end = (answer: Omit<Answer, 'seconds'>) =>
        resolve({ ...answer, seconds: (performance.now() - start) / 1000 });
      const broken = (error: NodeJS.ErrnoException) =>
        end({ status: null, site: undefined, headers: {}, body: '', error: error.code ?? error.message });
      const all = {
        ...(id === undefined ? {} : { 'X-Request-Id': id }),
        ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
        ...headers,
      };
      const call = request(
        new URL(path, this.#url),
        { agent: this.#agent, method, headers: all, maxHeaderSize: 64_000 },
        (got) => {
          let text = '';
          got.setEncoding('utf8').on('data', (chunk) => {
            text += chunk;
          });
          got.on('error', broken);
          got.on('end', () => {
            const site = got.headers['x-site'];
            end({ status: got.statusCode ?? null, site: String(site), headers: got.headers, body: text });
          });
        },
      );
      call.on('error', broken);
      call.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The value of one series of HAProxy's exporter; fails if there is none. */
export async function metric(site: HaproxyUnderTest, series: string): Promise<number> {
  const text = await (await fetch(site.metricsUrl)).text();
  const line = text.split('\n').find((it) => it.startsWith(`${series} `));
  if (line === undefined) throw new Error(`no series ${series}`);
  return Number(line.slice(series.length + 1));
}

/** How many requests wait for a site. */
export async function parked(site: HaproxyUnderTest): Promise<number> {
  const queued = await metric(site, 'haproxy_server_current_queue{proxy="parking",server="holding"}');
  return queued + (await metric(site, 'haproxy_frontend_current_sessions{proxy="holding"}'));
}

/** The most memory that a process of this machine ever had, in MiB. */
export function peakMemoryMiB(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
