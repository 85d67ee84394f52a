import { PercentUnit, RequestsPerSecond, Short } from '@grafana/grafana-foundation-sdk/units';
import { curves, type Row } from './panels.ts';
import { waiting } from './series.ts';

const rateOf5xx = (series: string) => `sum(rate(${series}, code="5xx"}[$__rate_interval]))`;

export const parking = (): Row => ({
  title: 'Parking',
  panels: [
    curves({
      title: 'Requests that wait',
      says: 'Requests that HAProxy holds because no site serves, or because the one they were sent to had just died. Zero on a good day, a hill in a failover. A hill that does not fall: nobody is about to serve.',
      queries: [{ expr: waiting, legend: 'waiting' }],
      width: 8,
      unit: Short,
    }),
    curves({
      title: 'How full',
      says: 'What waits, as a share of PARK_MAX (at the top of the page; 5000 unless onprem/.env says otherwise). At 100 % every further request is refused at once. If a failover comes near it, raise PARK_MAX: 5,000 take about 160 MB.',
      queries: [{ expr: `(${waiting}) / $park_max`, legend: 'of PARK_MAX' }],
      width: 8,
      unit: PercentUnit,
      levels: ['green', [0.7, 'yellow'], [1, 'red']],
    }),
    curves({
      title: 'Refused',
      says: 'Requests that got a 503 because they waited for PARK_SECONDS, or because PARK_MAX were waiting. Zero on a good day, and in a failover that keeps its RTO. Each answer says which bound it was (X-Failover-Reason: parking-time-over, parking-full, parking-off); the metrics do not.',
      queries: [
        {
          // The backend's without its server's: what HAProxy said by itself. Of two rates, so never less than 0.
          expr: `clamp_min(${rateOf5xx('haproxy_backend_http_responses_total{proxy="parking"')} - ${rateOf5xx('haproxy_server_http_responses_total{proxy="parking", server="holding"')}, 0)`,
          legend: 'refused',
        },
      ],
      width: 8,
      unit: RequestsPerSecond,
    }),
  ],
});
