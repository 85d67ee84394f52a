import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { health } from './health.ts';
import { monitoring } from './monitoring.ts';
import { now } from './now.ts';
import { outage } from './outage.ts';
import { parking } from './parking.ts';
import { traffic } from './traffic.ts';
import { datasource, variables } from './variables.ts';

/**
 * The site's dashboard, what matters most first. `npm run docs` writes
 * monitoring/grafana/dashboards/failover.json from it; a test fails on drift, and every drill asks its queries.
 */
export function failover(): Dashboard {
  const builder = new DashboardBuilder('Failover')
    .uid('hybrid-failover')
    .description('Who serves, since when, and whether the monitoring can be believed.')
    .tags(['hybrid-failover'])
    .readonly()
    .refresh('5s')
    // An outage of seconds is to be seen: a longer range takes longer steps.
    .time({ from: 'now-15m', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variables())
    .annotation(alerts());
  for (const { title, panels } of [now(), traffic(), parking(), outage(), health(), monitoring()]) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  const dashboard = builder.build();
  // Links to a panel name its id, so it must not be left to chance.
  for (const [at, panel] of (dashboard.panels ?? []).entries()) panel.id = at + 1;
  return dashboard;
}

/** Every alert but the heartbeat, which always fires. */
function alerts(): AnnotationQueryBuilder {
  const expr = 'ALERTS{alertstate="firing", alertname!~"PrimaryUp|Serving"}';
  return new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(datasource)
    .enable(true)
    .iconColor('red')
    .titleFormat('{{alertname}}')
    .textFormat('{{severity}}')
    .target(new DataqueryBuilder().refId('Alerts').expr(expr).interval('1s').range());
}

/** The file that Grafana reads. */
export const asJson = (): string => `${JSON.stringify(failover(), null, 2)}\n`;
