/**
 * What the site's Prometheus knows, as the rows ask for it. Names of proxies and servers are those of
 * onprem/haproxy/haproxy.cfg. One site has one service, so no query names it.
 */
export type Site = 'primary' | 'standby';

/** The same of both sites, in their colours. */
export const perSite = (expr: (site: Site) => string): { expr: string; legend: Site }[] =>
  (['primary', 'standby'] as const).map((site) => ({ expr: expr(site), legend: site }));

const responses = 'haproxy_server_http_responses_total';
/** The sites' two backends: for what may be repeated, and for what may not. */
const sites = 'proxy=~"service(-once|-long)?"';

/** 1 if HAProxy finds that a site answers its health path, 0 if not. */
export const isUp = (site: Site): string =>
  `max(haproxy_server_status{proxy="service", server="${site}", state="UP"})`;

/** Answers of a site per second; with `code` only those of one class, such as 5xx. */
export const answers = (site: Site, code?: string): string =>
  `sum(rate(${responses}{${sites}, server="${site}"${code ? `, code="${code}"` : ''}}[$__rate_interval]))`;

/** Where HAProxy sends clients: 0 nowhere, 1 to the primary, 2 to the standby. */
export const inService = `${isUp('primary')} + 2 * ${isUp('standby')} * (1 - ${isUp('primary')})`;

/** Where answers came from: 0 nowhere, 1 the primary, 2 the standby, 3 both. */
export const answering = `(${answers('primary')} > bool 0) + 2 * (${answers('standby')} > bool 0)`;

/** Requests that wait for a site: in the queue, and the few that were let through to where they are held. */
export const waiting = [
  'sum(haproxy_server_current_queue{proxy="parking", server="holding"})',
  'sum(haproxy_frontend_current_sessions{proxy="holding"})',
].join(' + ');

/** Seconds from the start of the last outage (monitoring/rules/moves.yml); nothing if it did not get so far. */
export const sinceStart = (what: 'alert' | 'standby_up' | 'served'): string =>
  `max(service:outage_${what}:timestamp_seconds - service:outage_start:timestamp_seconds >= 0)`;

/** Seconds since the webhook last acknowledged anything (monitoring/rules/deliveries.yml). */
export const sinceDelivery = 'time() - max(service:webhook_delivered:timestamp_seconds)';
