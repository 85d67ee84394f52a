import type { Clock, EvidenceStore, Log, Waker } from '../ports.ts';
import { HttpError, type HttpEvent, type HttpResult, json } from './http.ts';
import { readWebhook } from './webhook.ts';

/** A thousand alerts fit; Alertmanager's own default batches are far smaller. */
const maxBodyBytes = 2 * 1024 * 1024;

export type ReceiverPorts = {
  readonly evidence: EvidenceStore;
  readonly waker: Waker;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Records what the site says and wakes the reconciler. Answers 202 only after the evidence is durable.
 * @throws HttpError
 */
export async function receive(
  event: HttpEvent,
  services: readonly string[],
  ports: ReceiverPorts,
): Promise<HttpResult> {
  const { sightings, accepted, ignored, rejected, unreadable } = readWebhook(
    bodyOf(event),
    services,
    ports.clock(),
  );
  try {
    await Promise.all([...sightings].map(([service, seen]) => ports.evidence.record(service, seen)));
  } catch (error) {
    ports.log.error('evidence not recorded', { error });
    throw new HttpError(503, 'not-recorded', 'the evidence could not be recorded; try again');
  }
  const concerned = [...sightings.keys()];
  if (concerned.length > 0) await wake(concerned, ports);
  // Only now: what is wrong with one alert must not hold up another.
  if (rejected.count > 0) ports.log.warn('alerts rejected', rejected);
  if (unreadable.count > 0) ports.log.warn('fields of alerts not readable', unreadable);
  return json(202, {
    accepted,
    ignored: ignored.first,
    rejected: rejected.first,
    unreadable: unreadable.first,
    // A body can make each list as long as it likes: the rest is only counted.
    notNamed: [ignored, rejected, unreadable].reduce(
      (sum, { count, first }) => sum + count - first.length,
      0,
    ),
  });
}

/** The evidence is durable and the tick will find it: failing to wake costs time, not the alert. */
async function wake(services: readonly string[], { waker, log }: ReceiverPorts): Promise<void> {
  try {
    await waker.wake(services);
  } catch (error) {
    log.error('reconciler not woken; the minute tick takes over', { services, error });
  }
}

function bodyOf(event: HttpEvent): string {
  const raw = event.body ?? '';
  const bytes = Buffer.byteLength(raw, event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes > maxBodyBytes) {
    throw new HttpError(
      413,
      'body-too-large',
      `received ${bytes} bytes, expected at most ${maxBodyBytes}`,
      'body',
    );
  }
  return event.isBase64Encoded ? Buffer.from(raw, 'base64').toString('utf8') : raw;
}
