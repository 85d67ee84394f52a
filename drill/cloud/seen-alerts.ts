import type { AlertSeen } from './happenings.ts';
import { isObject } from './values.ts';

/**
 * What a webhook body says, for the timeline only. It looks on; judging the body is the receiver's task,
 * so whatever cannot be read here is simply not shown.
 */
export function seenAlerts(body: Buffer): AlertSeen[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return [];
  }
  const alerts = isObject(parsed) && Array.isArray(parsed.alerts) ? parsed.alerts : [];
  return alerts.filter(isObject).map((alert) => {
    const labels = isObject(alert.labels) ? alert.labels : {};
    const annotations = isObject(alert.annotations) ? alert.annotations : {};
    const observedAt = Number(annotations.observed_at);
    return {
      name: String(labels.alertname ?? ''),
      status: String(alert.status ?? ''),
      service: typeof labels.service === 'string' ? labels.service : undefined,
      observedAt: Number.isFinite(observedAt) ? observedAt : undefined,
    };
  });
}
