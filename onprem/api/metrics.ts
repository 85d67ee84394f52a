/** Upper bounds of the duration histogram's buckets, in seconds. */
const bucketsSeconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** Methods that get a series of their own: a client must not be able to invent new ones without end. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What the API counts about itself, in memory, since it started. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #buckets = bucketsSeconds.map(() => 0);
  #count = 0;
  #sumSeconds = 0;
  #inFlight = 0;

  started(): void {
    this.#inFlight += 1;
  }

  /** A request was answered, or its client left before that (code 499, as nginx has it). */
  finished(method: string, code: number, seconds: number): void {
    this.#inFlight -= 1;
    this.#count += 1;
    this.#sumSeconds += seconds;
    for (const [index, bound] of bucketsSeconds.entries()) {
      if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    }
    const known = knownMethods.has(method) ? method : 'other';
    const labels = `method="${known}",code="${code}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
  }

  /** Everything in Prometheus's text format. */
  text(): string {
    const lines = [
      '# HELP http_requests_total Requests by method and status code.',
      '# TYPE http_requests_total counter',
      ...[...this.#requests].map(([labels, value]) => `http_requests_total{${labels}} ${value}`),
      '# HELP http_requests_in_flight Requests that are being worked on.',
      '# TYPE http_requests_in_flight gauge',
      `http_requests_in_flight ${this.#inFlight}`,
      '# HELP http_request_duration_seconds Time from the head of a request to the end of its answer.',
      '# TYPE http_request_duration_seconds histogram',
      ...bucketsSeconds.map(
        (bound, index) => `http_request_duration_seconds_bucket{le="${bound}"} ${this.#buckets[index]}`,
      ),
      `http_request_duration_seconds_bucket{le="+Inf"} ${this.#count}`,
      `http_request_duration_seconds_sum ${this.#sumSeconds}`,
      `http_request_duration_seconds_count ${this.#count}`,
    ];
    return `${lines.join('\n')}\n`;
  }
}
