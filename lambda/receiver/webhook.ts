import * as v from 'valibot';
import type { Sighting } from '../domain/types.ts';
import { HttpError } from './http.ts';

/** What became of each alert in a body. */
export type Webhook = {
  readonly sightings: ReadonlyMap<string, readonly Sighting[]>;
  readonly ignored: readonly { readonly index: number; readonly why: string }[];
  readonly rejected: readonly { readonly field: string; readonly message: string }[];
};

/** Alert names and what they prove; the last three are the Flask blueprint's. */
const meanings: Readonly<Record<string, Sighting['kind']>> = {
  PrimarySuspect: 'suspect',
  PrimaryDown: 'down',
  PrimaryUp: 'up',
  StandbyNotServing: 'nobody',
  OnPremDown: 'down',
  onprem_down: 'down',
  onprem_recovered: 'up',
};

const envelope = v.looseObject({
  version: v.literal('4'),
  alerts: v.pipe(v.array(v.unknown()), v.minLength(1)),
});

const moment = v.pipe(v.string(), v.isoTimestamp());
const unixSeconds = v.pipe(
  v.string(),
  v.transform(Number),
  v.number(),
  v.finite('Unix seconds'),
  v.minValue(1, 'Unix seconds'),
);

const alert = v.looseObject({
  status: v.picklist(['firing', 'resolved']),
  labels: v.looseObject({
    alertname: v.pipe(v.string(), v.nonEmpty()),
    service: v.optional(v.string()),
    primary_image: v.optional(v.string()),
  }),
  annotations: v.optional(v.looseObject({ observed_at: v.optional(v.union([v.literal(''), unixSeconds])) })),
  startsAt: v.optional(moment),
});

type Alert = v.InferOutput<typeof alert>;

/**
 * Reads an Alertmanager webhook body, version 4. One bad alert does not take the others with it.
 *
 * @param services the names we answer for
 * @param now Unix milliseconds
 * @throws HttpError 400 if there is nothing in it that could ever be recorded
 */
export function readWebhook(text: string, services: readonly string[], now: number): Webhook {
  const { alerts } = check(envelope, parse(text), '');
  const sightings = new Map<string, Sighting[]>();
  const ignored: { index: number; why: string }[] = [];
  const rejected: { field: string; message: string }[] = [];
  for (const [index, raw] of alerts.entries()) {
    try {
      const read = readAlert(check(alert, raw, `alerts[${index}]`), `alerts[${index}]`, services, now);
      if ('why' in read) ignored.push({ index, why: read.why });
      else sightings.set(read.service, [...(sightings.get(read.service) ?? []), read.sighting]);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      rejected.push({ field: error.field ?? '', message: error.message });
    }
  }
  const first = rejected[0];
  if (first && rejected.length === alerts.length)
    throw new HttpError(400, 'invalid-body', first.message, first.field);
  return { sightings, ignored, rejected };
}

type ReadAlert = { service: string; sighting: Sighting } | { why: string };

function readAlert(from: Alert, at: string, services: readonly string[], now: number): ReadAlert {
  const { alertname } = from.labels;
  const kind = Object.hasOwn(meanings, alertname) ? meanings[alertname] : undefined;
  if (kind === undefined) return { why: `alertname ${JSON.stringify(alertname)} is not about the primary` };
  const service = serviceOf(from, at, services);
  // Prometheus stamps an end time ahead: when it dies, Alertmanager "resolves" what is still true.
  if (from.status === 'resolved') return { why: 'resolved proves nothing about the primary' };
  const { primary_image: primaryImage } = from.labels;
  const sighting = {
    kind,
    observedAt: Math.min(observedAt(from, kind, now), now),
    // Only what says when it was evaluated can be too old.
    ...(from.annotations?.observed_at && { arrivedAt: now }),
    ...(primaryImage && { primaryImage }),
  };
  return { service, sighting };
}

/**
 * Alertmanager repeats an alert for minutes after Prometheus has died, so what counts is when it was
 * evaluated. Without that moment a "down" counts from its arrival: a needless failover is the lesser
 * evil. An "up" counts from its start, so that repeats of an old one can never bring traffic home.
 */
function observedAt({ annotations, startsAt }: Alert, kind: Sighting['kind'], now: number): number {
  if (annotations?.observed_at) return annotations.observed_at * 1000;
  return kind === 'up' && startsAt ? Date.parse(startsAt) : now;
}

function serviceOf({ labels }: Alert, at: string, services: readonly string[]): string {
  const only = services.length === 1 ? services[0] : undefined;
  const service = labels.service ?? only;
  if (service !== undefined && services.includes(service)) return service;
  const received = service === undefined ? 'nothing' : JSON.stringify(service);
  const expected = services.map((name) => JSON.stringify(name)).join(' or ');
  throw new HttpError(
    400,
    'invalid-body',
    `${at}.labels.service: received ${received}, expected ${expected}`,
    `${at}.labels.service`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, 'invalid-json', `the body is not JSON: ${(error as Error).message}`, 'body');
  }
}

function check<S extends v.GenericSchema>(schema: S, value: unknown, at: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = [at, v.getDotPath(issue)].filter(Boolean).join('.') || 'body';
  if (issue.received === 'undefined') throw new HttpError(400, 'invalid-body', `${field}: missing`, field);
  const expected = issue.expected ?? issue.message;
  throw new HttpError(
    400,
    'invalid-body',
    `${field}: received ${issue.received}, expected ${expected}`,
    field,
  );
}
