import { OpsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { curves, type Row, strips } from './panels.ts';

const perSecond = (series: string) => `rate(${series}[$__rate_interval])`;
const requests = (what: string, integration: string) =>
  perSecond(`alertmanager_notification_${what}_total{integration="${integration}"}`);

export const monitoring = (): Row => ({
  title: 'The monitoring itself',
  panels: [
    strips({
      title: 'What Prometheus reaches',
      says: 'Each thing that Prometheus looks at. haproxy or primary missing: a failover rests on one view alone, and the way home waits. alertmanager missing: the cloud hears nothing. A gap in all of them: Prometheus was off.',
      queries: [{ expr: 'min by (job) (up)', legend: '{{job}}' }],
      width: 8,
      unit: Short,
      words: { 0: ['silent', 'red'], 1: ['answers', 'green'] },
    }).height(8),
    curves({
      title: 'Deliveries',
      says: 'What Alertmanager sends, per second: to the webhook (about 0.09 on a good day, one heartbeat each 11 s), what of it failed, mail that failed, and alerts that Prometheus could not hand to Alertmanager. Anything that fails for more than a minute: check the URL, the token, the way out, the mail server.',
      // No need to say zero: both count from their start.
      queries: [
        { expr: `sum(${requests('requests', 'webhook')})`, legend: 'webhook', every: '5s' },
        { expr: `sum(${requests('requests_failed', 'webhook')})`, legend: 'webhook, failed', every: '5s' },
        { expr: `sum(${requests('requests_failed', 'email')})`, legend: 'mail, failed', every: '5s' },
        {
          expr: `sum(${perSecond('prometheus_notifications_dropped_total')})`,
          legend: 'not handed over',
          every: '5s',
        },
      ],
      width: 8,
      unit: OpsPerSecond,
    }),
    curves({
      title: 'Pace',
      says: 'How long Prometheus takes to evaluate the evidence and to scrape HAProxy, each of which it does every 0.25 s. Above the line the machine is too slow, evidence comes late, and so does a failover.',
      queries: [
        {
          expr: 'max(prometheus_rule_group_last_duration_seconds{rule_group=~".*;evidence"})',
          legend: 'evidence',
          every: '5s',
        },
        { expr: 'max(scrape_duration_seconds{job="haproxy"})', legend: 'scrape of HAProxy' },
      ],
      width: 8,
      unit: Seconds,
      levels: ['green', [0.25, 'red']],
    }),
  ],
});
