import { DurationSeconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { figures, meaning, type Row, siteColours, strips } from './panels.ts';
import { answering, inService, isUp, sinceDelivery } from './series.ts';

const lastChange = (servers: string) =>
  `haproxy_server_check_last_change_seconds{proxy="service", server=~"${servers}"}`;

const primary = ['primary', siteColours.primary] as const;
const standby = ['standby', siteColours.standby] as const;

/** All that a person needs who was just woken up: who serves, since when, and whether this page can be believed. */
export const now = (): Row => ({
  title: 'Now',
  panels: [
    figures({
      title: 'Who serves',
      says: 'Where HAProxy sends clients at this moment. Orange: the primary is down and the standby serves clients; find out why. Red: neither answers, and clients wait; if it stays red for more than a few seconds, look at the row "The last outage". No value: HAProxy itself does not answer, and clients get nothing.',
      queries: [{ expr: inService }],
      width: 6,
      unit: Short,
      words: { 0: ['nobody', 'red'], 1: primary, 2: standby },
      without: 'HAProxy is silent',
    }),
    figures({
      title: 'Since',
      says: 'How long it has been so. It counts from nothing when HAProxy is started again. A short time that you cannot explain is worth a look at the strip below.',
      queries: [
        {
          // A standby that is started for a self-test changes nothing for clients while the primary is up.
          expr: `min(${lastChange('primary')}) and ${isUp('primary')} == 1 or min(${lastChange('primary|standby')})`,
        },
      ],
      width: 5,
      unit: DurationSeconds,
      without: 'not known',
    }),
    figures({
      title: 'Last heard by the cloud',
      says: 'Time since the webhook last acknowledged anything from this site; the heartbeat comes every 11 s, and is seen here up to 10 s late. Yellow: beats are missing. Red (45 s, the default of heartbeatTimeoutSeconds): the cloud takes the site for silent, and no failover starts. Look at "Deliveries" below, then at Alertmanager and the way out to the internet.',
      queries: [{ expr: sinceDelivery, every: '5s' }],
      width: 5,
      unit: DurationSeconds,
      levels: ['green', [25, 'yellow'], [45, 'red']],
      without: 'never',
    }),
    figures({
      title: 'Monitoring',
      says: 'How many of the four things that Prometheus looks at (HAProxy, the probe, Alertmanager, itself) do not answer or are missing. Anything but "all answer": this page shows less than is true, and the control plane may be deaf. The row "The monitoring itself" says which.',
      queries: [
        {
          // By what should be there: a target that is gone has no series to be 0.
          expr: '4 - sum(min by (job) (up{job=~"haproxy|primary|alertmanager|prometheus"}))',
          every: '5s',
        },
      ],
      width: 4,
      unit: Short,
      levels: ['red'],
      words: { 0: ['all answer', 'green'], 1: ['1 is silent', 'red'] },
      without: 'Prometheus is silent',
    }),
    figures({
      title: 'Alerts',
      says: 'Alerts that fire now and of which people are told. Their names are the marks on every graph; what to do is in the mail, and in docs/when-parts-die.md.',
      // Of no alert there is no series: zero has to be said.
      queries: [{ expr: 'count(ALERTS{alertstate="firing", severity!="info"}) or vector(0)', every: '5s' }],
      width: 4,
      unit: Short,
      levels: ['red'],
      words: { 0: ['none', 'green'] },
    }),
    strips({
      title: 'Who served when',
      says: 'Above: where HAProxy sent clients. Below: who answered them. They differ for a moment during a move, and while no client asks. Red above for longer than the RTO: clients waited longer than you promised.',
      queries: [
        { expr: inService, legend: 'sent to' },
        { expr: answering, legend: 'answered by' },
      ],
      width: 24,
      unit: Short,
      words: { 0: ['nobody', 'red'], 1: primary, 2: standby },
    }).overrideByName('answered by', [
      meaning({ 0: ['no answers', 'text'], 1: primary, 2: standby, 3: ['both', 'blue'] }),
    ]),
  ],
});
