import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { request } from '../../http.ts';
import { CannotLook } from '../cannot-look.ts';
import { type Check, check } from '../check.ts';
import { type Examined, need, pageUrl } from '../examined.ts';
import { isSupported, rangesOf, type SupportedProgram } from '../versions.ts';

const prometheus = (examined: Examined) => pageUrl(examined, 'PROMETHEUS_BIND', '127.0.0.1:9090');
const alertmanager = (examined: Examined) => pageUrl(examined, 'ALERTMANAGER_BIND', '127.0.0.1:9093');

/** Something is repeated to the webhook every 11 s at the latest (monitoring/alertmanager.yml). */
const deliveryLimitSeconds = 15;

/** @throws Error if it does not answer with 200 */
async function get(url: string, { signal }: Examined): Promise<string> {
  const { status, body } = await request(url, { signal });
  if (status !== 200) throw new Error(`${status} ${body.slice(0, 100)}`.trim());
  return body;
}

/** @throws CannotLook if it does not answer: another check says so */
async function getOrSkip(url: string, examined: Examined, other: string): Promise<string> {
  return get(url, examined).catch((error) => {
    throw new CannotLook(`no answer (${messageOf(error)}); see ${other}`);
  });
}

type Target = {
  readonly labels: { readonly job: string };
  readonly health: string;
  readonly lastError: string;
};
type Alert = { readonly labels: Readonly<Record<string, string>>; readonly state: string };

export const monitoringChecks: readonly Check[] = [
  check('prometheus', {
    whether: 'Prometheus runs',
    remedies: {
      down: 'Start it ("docker compose up --detach prometheus"); if it ends at once, "docker compose logs prometheus" says why.',
    },
    async run(examined, fail) {
      const url = prometheus(examined);
      await get(`${url}/-/ready`, examined).catch((error) =>
        fail('down', `Prometheus does not answer at ${url} (${messageOf(error)})`),
      );
      return `answers at ${url}`;
    },
  }),

  check('targets', {
    whether: 'Prometheus reaches all that it watches',
    remedies: {
      down: 'Start what is named, or look at its log; "docker compose ps" shows what runs.',
      missing: 'Compare monitoring/prometheus.yml with the one that was shipped.',
    },
    async run(examined, fail) {
      const text = await getOrSkip(
        `${prometheus(examined)}/api/v1/targets?state=active`,
        examined,
        'prometheus',
      );
      const targets: readonly Target[] = JSON.parse(text).data.activeTargets;
      const missing = ['haproxy', 'primary', 'alertmanager'].filter(
        (job) => !targets.some(({ labels }) => labels.job === job),
      );
      if (missing.length > 0) fail('missing', `Prometheus has no target ${missing.join(', ')}`);
      const down = targets.filter(({ health }) => health !== 'up');
      if (down.length > 0) {
        const list = down.map(({ labels, lastError }) => `${labels.job}${lastError && ` (${lastError})`}`);
        fail('down', `Prometheus does not reach ${list.join(', ')}`);
      }
      return `${targets.length} targets are up`;
    },
  }),

  check('heartbeat-alert', {
    whether:
      'PrimaryUp and Serving fire for this service: the heartbeat and the proof of health, and the word of who serves',
    remedies: {
      older:
        'The rules of Prometheus are of an earlier version: put monitoring/ of this version there, and restart Prometheus and Alertmanager ("docker compose up --detach --force-recreate prometheus alertmanager").',
      down: 'Repair the primary; the standby takes over meanwhile.',
      neither:
        'Look at the alerts of Prometheus: HAProxy and the probe disagree, or one of them is not heard. A service name that differs from SERVICE_NAME needs a restart of Prometheus.',
    },
    async run(examined, fail) {
      const service = need(examined, 'SERVICE_NAME');
      const text = await getOrSkip(`${prometheus(examined)}/api/v1/alerts`, examined, 'prometheus');
      const alerts: readonly Alert[] = JSON.parse(text).data.alerts;
      const firing = (name: string) =>
        alerts.some(
          ({ labels, state }) =>
            state === 'firing' && labels.alertname === name && labels.service === service,
        );
      if (firing('PrimaryUp') && !firing('Serving'))
        fail('older', `no alert Serving fires for ${service}: nobody is told who serves`);
      if (firing('PrimaryUp')) return 'PrimaryUp and Serving fire';
      if (firing('PrimaryDown')) fail('down', `PrimaryDown fires for ${service}: the primary is down`);
      return fail('neither', `neither PrimaryUp nor PrimaryDown fires for ${service}`);
    },
  }),

  check('alertmanager', {
    whether: 'Alertmanager runs with the config that was shipped',
    remedies: {
      down: 'Start it ("docker compose up --detach alertmanager"); if it ends at once, "docker compose logs alertmanager" says why.',
      config: 'Compare monitoring/alertmanager.yml with the one that was shipped, and restart Alertmanager.',
    },
    async run(examined, fail) {
      const url = alertmanager(examined);
      const text = await get(`${url}/api/v2/receivers`, examined).catch((error) =>
        fail('down', `Alertmanager does not answer at ${url} (${messageOf(error)})`),
      );
      const receivers: readonly { name: string }[] = JSON.parse(text);
      const missing = ['failover', 'people'].filter((name) => !receivers.some((one) => one.name === name));
      if (missing.length > 0) fail('config', `Alertmanager has no receiver ${missing.join(', ')}`);
      const loaded = sumOf(
        await get(`${url}/metrics`, examined),
        'alertmanager_config_last_reload_successful',
      );
      if (loaded !== 1)
        fail('config', 'Alertmanager could not load its config the last time, and runs with an older one');
      return `answers at ${url}`;
    },
  }),

  check('silences', {
    whether: 'nobody has silenced the alerts that a failover needs: a silence mutes the webhook too',
    remedies: {
      silenced:
        'End it in Alertmanager ("amtool silence expire ID", or its page), or narrow it so that it leaves out PrimarySuspect, PrimaryDown, PrimaryUp, Serving and StandbyNotServing. For planned work: npm run failover -- pause.',
    },
    async run(examined, fail) {
      const service = need(examined, 'SERVICE_NAME');
      const text = await getOrSkip(`${alertmanager(examined)}/api/v2/silences`, examined, 'alertmanager');
      const active = (JSON.parse(text) as Silence[]).filter(({ status }) => status.state === 'active');
      const muting = active.flatMap((silence) => {
        const muted = needed.filter((labels) =>
          silence.matchers.every((one) => matches(one, { ...labels, service })),
        );
        return muted.length === 0
          ? []
          : [
              `${silence.id} by ${silence.createdBy} (${silence.comment}) until ${silence.endsAt} mutes ${muted.map(({ alertname }) => alertname).join(', ')}`,
            ];
      });
      if (muting.length > 0) fail('silenced', `silence ${muting.join('; silence ')}`);
      return active.length === 0
        ? 'there is no silence'
        : `${active.length} silences, none of them mutes the webhook`;
    },
  }),

  check('versions', {
    whether: 'HAProxy, Prometheus and Alertmanager are of versions that this was tried with',
    remedies: {
      other:
        'Take the versions that onprem/compose.yaml pins, or those of Debian 12; others may work, and nobody has tried.',
    },
    async run(examined, fail) {
      const [page, prometheusBuild, alertmanagerStatus] = await Promise.all([
        getOrSkip(pageUrl(examined, 'STATS_BIND', '127.0.0.1:8404'), examined, 'haproxy'),
        getOrSkip(`${prometheus(examined)}/api/v1/status/buildinfo`, examined, 'prometheus'),
        getOrSkip(`${alertmanager(examined)}/api/v2/status`, examined, 'alertmanager'),
      ]);
      const running = {
        HAProxy: /HAProxy version ([\d.]+\S*?)[,<\s]/.exec(page)?.[1] ?? 'of no known version',
        Prometheus: String(JSON.parse(prometheusBuild).data?.version),
        Alertmanager: String(JSON.parse(alertmanagerStatus).versionInfo?.version),
      };
      const names = Object.keys(running) as SupportedProgram[];
      const others = names.filter((name) => !isSupported(name, running[name]));
      if (others.length > 0)
        fail(
          'other',
          others.map((name) => `${name} is ${running[name]}, expected ${rangesOf(name)}`).join('; '),
        );
      return names.map((name) => `${name} ${running[name]}`).join(', ');
    },
  }),

  check('deliveries', {
    whether: 'what Alertmanager sends to the webhook arrives',
    remedies: {
      failing:
        'Look at the checks of the webhook here, and at "docker compose logs alertmanager". After a change of token or URL: docker compose up --detach --force-recreate alertmanager.',
      nothing:
        'Look at the checks heartbeat-alert and targets: without a firing alert there is nothing to send.',
    },
    async run(examined, fail) {
      const first = await countDeliveries(examined);
      if (first.failed === 0 && first.all > 0) return `${first.all} sent, none failed`;
      const next = await nextDelivery(first, examined);
      if (next.all === first.all) {
        fail('nothing', `Alertmanager has sent nothing to the webhook for ${deliveryLimitSeconds} s`);
      }
      if (next.failed > first.failed) fail('failing', 'the last notification to the webhook failed');
      return `the last one arrived; ${next.failed} of ${next.all} failed since Alertmanager started`;
    },
  }),
];

type Matcher = {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  /** Absent before Alertmanager 0.22. */
  readonly isEqual?: boolean;
};

type Silence = {
  readonly id: string;
  readonly status: { readonly state: string };
  readonly matchers: readonly Matcher[];
  readonly createdBy: string;
  readonly comment: string;
  readonly endsAt: string;
};

/** What the control plane must hear of, as monitoring/rules/evidence.yml labels it. */
const needed = [
  { alertname: 'PrimarySuspect', severity: 'info' },
  { alertname: 'PrimaryDown', severity: 'critical' },
  { alertname: 'PrimaryUp', severity: 'info' },
  { alertname: 'Serving', severity: 'info' },
  { alertname: 'StandbyNotServing', severity: 'critical' },
] as const;

/** A label that is not there is empty; a pattern must match all of a value. */
function matches(
  { name, value, isRegex, isEqual = true }: Matcher,
  labels: Readonly<Record<string, string>>,
) {
  const has = labels[name] ?? '';
  return (isRegex ? new RegExp(`^(?:${value})$`).test(has) : has === value) === isEqual;
}

type Deliveries = { readonly all: number; readonly failed: number };

async function countDeliveries(examined: Examined): Promise<Deliveries> {
  const metrics = await getOrSkip(`${alertmanager(examined)}/metrics`, examined, 'alertmanager');
  const sum = (name: string) =>
    sumOf(metrics, `alertmanager_notification_requests_${name}`, 'integration="webhook"');
  return { all: sum('total'), failed: sum('failed_total') };
}

/** What it counts when the next attempt is over; the same as `before` if there is none within the limit. */
async function nextDelivery(before: Deliveries, examined: Examined): Promise<Deliveries> {
  const deadline = Date.now() + deliveryLimitSeconds * 1000;
  let now = before;
  while (now.all === before.all && Date.now() < deadline) {
    // Alertmanager tells nobody that it has sent something.
    await delay(250, undefined, { signal: examined.signal });
    now = await countDeliveries(examined);
  }
  return now;
}

/** Adds up a metric over all its series that have this label; 0 if there is none. */
function sumOf(metrics: string, name: string, label = ''): number {
  return metrics
    .split('\n')
    .filter((line) => new RegExp(`^${name}[ {]`).test(line) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
