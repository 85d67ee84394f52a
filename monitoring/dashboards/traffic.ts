import { RequestsPerSecond, Seconds } from '@grafana/grafana-foundation-sdk/units';
import { curves, type Row } from './panels.ts';
import { answers, perSite, type Site } from './series.ts';

/** Of the last 1024 answers, which is all that HAProxy offers: it keeps no histogram. */
const average = (site: Site) =>
  `max(haproxy_server_total_time_average_seconds{proxy=~"service(-once|-long)?", server="${site}"})`;

export const traffic = (): Row => ({
  title: 'Traffic',
  panels: [
    curves({
      title: 'Requests',
      says: 'What clients asked, and what each site answered, per second. The two meet while all is well. More asked than answered: requests wait, are repeated, or fail.',
      queries: [
        ...perSite((site) => answers(site)),
        {
          expr: 'sum(rate(haproxy_frontend_http_requests_total{proxy="clients"}[$__rate_interval]))',
          legend: 'asked',
        },
      ],
      width: 8,
      unit: RequestsPerSecond,
    }),
    curves({
      title: 'Time to answer',
      says: 'The average of the last 1024 answers of each site, from HAProxy to the last byte; it stands still while a site gets nothing. The standby is further away and slower by that. Worry when it comes near RESPONSE_TIMEOUT (15 s): what takes longer counts as failed.',
      queries: perSite(average),
      width: 8,
      unit: Seconds,
    }),
    curves({
      title: 'Errors (5xx)',
      says: 'By site: what it answered with 5xx. Clients: what reached them, refusals of HAProxy included and what was repeated with success left out. Zero on a good day. Errors of a site that answers its health path bring about no failover: look at the application.',
      // No need to say zero: HAProxy counts each class of codes from its start.
      queries: [
        ...perSite((site) => answers(site, '5xx')),
        {
          expr: 'sum(rate(haproxy_frontend_http_responses_total{proxy="clients", code="5xx"}[$__rate_interval]))',
          legend: 'clients',
        },
      ],
      width: 8,
      unit: RequestsPerSecond,
    }),
  ],
});
