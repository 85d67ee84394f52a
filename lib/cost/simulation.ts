import middy from '@middy/core';
import { dynamoEvidenceStore } from '../../lambda/adapters/dynamodb.ts';
import { secretTokens } from '../../lambda/adapters/secret-tokens.ts';
import type { ServiceSettings } from '../../lambda/contract/settings.ts';
import type { ServicePorts } from '../../lambda/ports.ts';
import { authenticate } from '../../lambda/receiver/authenticate.ts';
import type { HttpEvent, HttpResult } from '../../lambda/receiver/http.ts';
import { receive } from '../../lambda/receiver/receive.ts';
import { isThorough, servicesOf } from '../../lambda/reconciler/nudge.ts';
import { reconcile } from '../../lambda/reconciler/reconcile.ts';
import { wire } from '../../lambda/wiring.ts';
import { countingLog, countingSecrets, countingTable, type Meter, newMeter } from './counting.ts';
import { HostInMemory } from './host.ts';
import { Timers } from './timers.ts';

/** How often the functions did what AWS bills, in some time. */
export type Usage = Meter & {
  readonly webhooks: number;
  readonly reconcilerRuns: number;
  readonly publishes: number;
  readonly storedBytes: number;
  /** Seconds in which the instance was on. */
  readonly instanceSeconds: number;
};

/** Seconds between two webhooks of an alert, and between two ticks. */
export type Rhythm = { readonly beatSeconds: (alert: string) => number; readonly tickSeconds: number };

const token = 'x'.repeat(43);

/**
 * The real receiver and reconciler, with all they read and write, in a small setting of one site, one host and a
 * clock that is moved by hand. It is run to see how often they do what costs money.
 */
export class Simulation {
  /** Alerts that the site sends, by name. */
  firing: readonly string[] = ['PrimaryUp'];
  readonly #timers = new Timers();
  readonly #meter = newMeter();
  readonly #table = countingTable(this.#meter);
  readonly #services: ReadonlyMap<string, ServiceSettings>;
  readonly #host: HostInMemory;
  readonly #receive: (event: HttpEvent) => Promise<HttpResult>;
  readonly #nudges: unknown[] = [];
  readonly #counts = { webhooks: 0, reconcilerRuns: 0, publishes: 0, instanceSeconds: 0 };

  constructor(services: readonly ServiceSettings[]) {
    this.#services = new Map(services.map((settings) => [settings.name, settings]));
    const sleeps = services.some(({ policy }) => policy.pilotLight);
    const nudge = () => void this.#nudges.push({ source: 'aws' });
    this.#host = new HostInMemory(sleeps ? 'off' : 'on', this.#timers, nudge);
    this.#receive = this.#receiver();
  }

  async pass(seconds: number, { beatSeconds, tickSeconds }: Rhythm): Promise<void> {
    const until = this.#timers.now + seconds * 1000;
    const beats = new Map(this.firing.map((alert) => [alert, this.#timers.now]));
    let tick = this.#timers.now;
    for (;;) {
      const next = Math.min(tick, ...beats.values(), this.#timers.next);
      this.#moveTo(Math.min(next, until));
      if (next >= until) return;
      for (const [alert, at] of beats) {
        if (at > next) continue;
        beats.set(alert, next + beatSeconds(alert) * 1000);
        for (const service of this.#services.keys()) await this.#webhook(alert, service);
      }
      if (tick <= next) {
        tick = next + tickSeconds * 1000;
        this.#nudges.push({ source: 'aws.events' });
      }
      await this.#reconcile();
    }
  }

  get usage(): Usage {
    return { ...this.#meter, ...this.#counts, storedBytes: this.#table.bytes() };
  }

  #moveTo(moment: number): void {
    if (this.#host.state === 'on') this.#counts.instanceSeconds += (moment - this.#timers.now) / 1000;
    this.#timers.moveTo(moment);
  }

  async #webhook(alertname: string, service: string): Promise<void> {
    this.#counts.webhooks++;
    const evaluated = this.#timers.now - 300;
    const moment = (evaluated / 1000).toFixed(3);
    const alert = (labels: Record<string, string>, annotations: Record<string, string> = {}) => ({
      status: 'firing',
      labels: { ...labels, service },
      annotations: { ...annotations, observed_at: moment },
      startsAt: new Date(evaluated).toISOString(),
    });
    const serving = (site: string) =>
      alert(
        { alertname: 'Serving', site, standby: this.#host.runs(service) ? 'up' : 'down' },
        { since: '1700000000.000', waiting: '0', refused: '0' },
      );
    const alerts: Readonly<Record<string, readonly unknown[]>> = {
      // monitoring/alertmanager.yml sends the two together.
      PrimaryUp: [alert({ alertname }), serving('primary')],
      Serving: [serving('standby')],
    };
    const body = JSON.stringify({ version: '4', alerts: alerts[alertname] ?? [alert({ alertname })] });
    const headers = { authorization: `Bearer ${token}` };
    const { statusCode } = await this.#receive({ headers, body } as unknown as HttpEvent);
    if (statusCode !== 202) throw new Error(`the receiver answered ${statusCode}, expected 202`);
  }

  async #reconcile(): Promise<void> {
    for (let event = this.#nudges.shift(); event !== undefined; event = this.#nudges.shift()) {
      this.#counts.reconcilerRuns++;
      for (const name of servicesOf(event, [...this.#services.keys()])) {
        const settings = this.#settings(name);
        await reconcile(name, this.#ports(settings), settings.policy, { isThorough: isThorough(event) });
      }
    }
  }

  #receiver(): (event: HttpEvent) => Promise<HttpResult> {
    const tokens = secretTokens(countingSecrets(this.#meter, token), 'arn', () => this.#timers.now);
    const ports = {
      evidence: dynamoEvidenceStore(
        this.#table.client,
        'table',
        (name) => this.#settings(name).policy.heartbeatTimeoutSeconds,
      ),
      waker: { wake: async (services: readonly string[]) => void this.#nudges.push({ services }) },
      clock: () => this.#timers.now,
      log: countingLog(this.#meter, 'receiver'),
    };
    const names = [...this.#services.keys()];
    const handler = middy()
      .use(authenticate(tokens, () => this.#timers.now))
      .handler((event) => receive(event, names, ports));
    return (event) => handler(event, {} as never);
  }

  #settings(service: string): ServiceSettings {
    const settings = this.#services.get(service);
    if (!settings) throw new Error(`no service is called ${service}`);
    return settings;
  }

  #ports(settings: ServiceSettings): ServicePorts {
    return wire(settings, {
      documents: this.#table.client,
      table: 'table',
      kind: ({ name }) => ({ standby: this.#host.standbyOf(name), capacity: this.#host.provider }),
      people: { mail: async () => void this.#counts.publishes++ },
      clock: () => this.#timers.now,
      log: countingLog(this.#meter, 'reconciler'),
    });
  }
}
