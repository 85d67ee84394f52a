import { OpsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { curves, type Row, siteColours, strips } from './panels.ts';
import { isUp, perSite, type Site } from './series.ts';

/** Which of HAProxy's backends checks it. */
const checkedIn: Record<Site, string> = { primary: 'service', standby: 'sites' };

const failedChecks = (site: Site) =>
  `sum(rate(haproxy_server_check_failures_total{proxy="${checkedIn[site]}", server="${site}"}[$__rate_interval]))`;

export const health = (): Row => ({
  title: 'Health of the sites',
  panels: [
    strips({
      title: 'Who finds it well',
      says: 'The health path of the primary as HAProxy sees it, and as a probe sees it that does not go through HAProxy; then the standby as HAProxy sees it, which is asleep on a good day. If the two views of the primary differ for long, neither a failover nor the way home starts: check that both use the same address and health path.',
      queries: [
        { expr: isUp('primary'), legend: 'primary, HAProxy' },
        { expr: 'max(probe_success{job="primary"})', legend: 'primary, probe' },
        { expr: isUp('standby'), legend: 'standby, HAProxy' },
      ],
      width: 12,
      unit: Short,
      words: { 0: ['no', 'dark-red'], 1: ['well', siteColours.primary] },
    }).height(8),
    curves({
      title: 'Time of the health path',
      says: 'How long the probe waited for the primary. From 0.4 s on a probe counts as failed, and three slow checks in a row (0.7 s each) make HAProxy give the primary up. A curve that climbs is a failover that comes.',
      queries: [{ expr: 'max(probe_duration_seconds{job="primary"})', legend: 'probe' }],
      width: 6,
      unit: Seconds,
    }),
    curves({
      title: 'Failed checks',
      says: 'Checks of HAProxy that found a site unwell, per second. The primary: zero on a good day; now and then one is a stall, many are a failover. HAProxy stops counting once a site is down, so a standby that sleeps adds nothing.',
      queries: perSite(failedChecks),
      width: 6,
      unit: OpsPerSecond,
    }),
  ],
});
