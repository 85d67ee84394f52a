import type { Serving, Sighting, Traffic } from '../domain/evidence.ts';
import { HttpError } from './http.ts';

/** What is wrong with one field of a body. */
export type Flaw = { readonly field: string; readonly message: string };

/** Of a list that a body can make as long as it likes: how many there were, and the first of them. */
export type Counted<T> = { readonly count: number; readonly first: readonly T[] };

/** What became of each alert in a body. */
export type Webhook = {
  readonly sightings: ReadonlyMap<string, readonly Sighting[]>;
  readonly accepted: number;
  readonly ignored: Counted<{ readonly index: number; readonly why: string }>;
  readonly rejected: Counted<Flaw>;
  /** Read as if it were not there. */
  readonly unreadable: Counted<Flaw>;
};

/** Alert names and what they prove; the last three are the Flask blueprint's. */
const meanings: ReadonlyMap<string, Sighting['kind']> = new Map([
  ['PrimarySuspect', 'suspect'],
  ['PrimaryDown', 'down'],
  ['PrimaryUp', 'up'],
  ['StandbyNotServing', 'unserved'],
  ['Serving', 'traffic'],
  ['OnPremDown', 'down'],
  ['onprem_down', 'down'],
  ['onprem_recovered', 'up'],
]);

/** Clocks that are kept by NTP differ by less, in milliseconds. */
const tolerance = 1000;
/** So many of each list are named in the answer and in the log; a body of 2 MiB can hold a million alerts. */
const named = 10;
/** Characters of a value that an error shows. */
const shown = 80;
/** A registry's name, a tag and a digest of 64 digits fit; the evidence is kept in one item of the table. */
const longestImage = 512;

/**
 * Reads an Alertmanager webhook body, version 4. What is wrong in one alert costs that alert and nothing
 * else; what is wrong in a field that an alert can do without costs that field.
 *
 * @param services the names we answer for
 * @param now Unix milliseconds
 * @throws HttpError 400 if there is nothing in it that could ever be recorded
 */
export function readWebhook(text: string, services: readonly string[], now: number): Webhook {
  const sightings = new Map<string, Map<string, Sighting>>();
  const ignored = counted<{ index: number; why: string }>();
  const rejected = counted<Flaw>();
  const unreadable = counted<Flaw>();
  const alerts = alertsOf(parse(text));
  let accepted = 0;
  for (const [index, alert] of alerts.entries()) {
    const read = readAlert(alert, services, now);
    if ('expected' in read) rejected.add(() => flawOf(read, `alerts[${index}]`));
    else if ('why' in read) ignored.add(() => ({ index, why: read.why() }));
    else {
      accepted += 1;
      for (const flaw of read.flaws) unreadable.add(() => flawOf(flaw, `alerts[${index}]`));
      const { kind, observedAt, stampedAt = observedAt } = read.sighting;
      const ofService = sightings.get(read.service) ?? new Map<string, Sighting>();
      // Repeats in one body say nothing new.
      sightings.set(read.service, ofService.set(`${kind} ${stampedAt}`, read.sighting));
    }
  }
  const [flaw] = rejected.first;
  if (flaw && rejected.count === alerts.length)
    throw new HttpError(400, 'invalid-body', flaw.message, flaw.field);
  return {
    sightings: new Map([...sightings].map(([service, seen]) => [service, [...seen.values()]])),
    accepted,
    ignored: ignored.result(),
    rejected: rejected.result(),
    unreadable: unreadable.result(),
  };
}

/** The field of an alert, the value in it, and what was expected there. */
type Wrong = { readonly field: string; readonly value: unknown; readonly expected: string };

type ReadAlert =
  | Wrong
  | { readonly why: () => string }
  | { readonly service: string; readonly sighting: Sighting; readonly flaws: readonly Wrong[] };

function readAlert(alert: unknown, services: readonly string[], now: number): ReadAlert {
  if (!isObject(alert)) return { field: '', value: alert, expected: 'an object' };
  const { status, labels } = alert;
  if (!isObject(labels)) return { field: 'labels', value: labels, expected: 'an object' };
  const { alertname } = labels;
  if (typeof alertname !== 'string' || alertname === '')
    return { field: 'labels.alertname', value: alertname, expected: 'a name' };
  const kind = meanings.get(alertname);
  if (kind === undefined) return { why: () => `alertname ${show(alertname)} is not about the primary` };
  if (status !== 'firing' && status !== 'resolved')
    return { field: 'status', value: status, expected: '"firing" or "resolved"' };
  const service = labels.service ?? (services.length === 1 ? services[0] : undefined);
  if (typeof service !== 'string' || !services.includes(service))
    return { field: 'labels.service', value: service, expected: services.map(show).join(' or ') };
  // Prometheus stamps an end time ahead: when it dies, Alertmanager "resolves" what is still true.
  if (status === 'resolved') return { why: () => 'resolved proves nothing about the primary' };
  const flaws: Wrong[] = [];
  const evaluatedAt = evaluation(alert, flaws);
  const image = imageOf(labels, flaws);
  const observedAt = Math.min(evaluatedAt ?? cautiousMoment(alert, kind, now, flaws), now);
  const about = kind === 'traffic' ? trafficOf(alert, labels, { evaluatedAt, observedAt }, flaws) : { kind };
  if ('expected' in about) return about;
  const sighting: Sighting = {
    ...about,
    observedAt,
    // Only what says when it was evaluated can be too old, or ahead of its time.
    ...(evaluatedAt !== undefined && { arrivedAt: now }),
    ...(evaluatedAt !== undefined && evaluatedAt > now + tolerance && { stampedAt: evaluatedAt }),
    ...(image && { primaryImage: image }),
  };
  return { service, sighting, flaws };
}

const sites: ReadonlySet<unknown> = new Set<Serving>(['primary', 'standby', 'nobody']);

/** Where clients are sent. Without the site it says nothing; each other field can be missing. */
function trafficOf(
  { annotations }: Record<string, unknown>,
  { site, standby }: Record<string, unknown>,
  { evaluatedAt, observedAt }: { readonly evaluatedAt: number | undefined; readonly observedAt: number },
  flaws: Wrong[],
): { readonly kind: 'traffic'; readonly traffic: Omit<Traffic, 'at'> } | Wrong {
  if (!sites.has(site))
    return { field: 'labels.site', value: site, expected: '"primary", "standby" or "nobody"' };
  const said = isObject(annotations) ? annotations : {};
  const number = (name: string, expected: string) => {
    const value = said[name];
    if (isAbsent(value)) return undefined;
    const read = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
    if (read >= 0 && read <= largest) return read;
    flaws.push({ field: `annotations.${name}`, value, expected });
    return undefined;
  };
  const since = number('since', 'Unix seconds; it counts from its arrival');
  const waiting = number('waiting', 'a number of requests');
  const refused = number('refused', 'a number of requests');
  // By the site's own clock, which may be another one than ours.
  const lasted = since === undefined ? 0 : Math.max(0, (evaluatedAt ?? observedAt) - since * 1000);
  const traffic: Omit<Traffic, 'at'> = {
    to: site as Serving,
    since: observedAt - lasted,
    ...((standby === 'up' || standby === 'down') && { standby }),
    ...(waiting !== undefined && { waiting: Math.round(waiting) }),
    ...(refused !== undefined && { refused: Math.round(refused) }),
  };
  return { kind: 'traffic', traffic };
}

/** A moment in seconds and a count of requests are both less; so is every sum of ours with them a safe integer. */
const largest = 1e11;

/** @returns Unix milliseconds; undefined if the alert does not say, or in a way that nobody can read */
function evaluation({ annotations }: Record<string, unknown>, flaws: Wrong[]): number | undefined {
  if (isAbsent(annotations)) return undefined;
  if (!isObject(annotations)) {
    flaws.push({ field: 'annotations', value: annotations, expected: 'an object' });
    return undefined;
  }
  const { observed_at: value } = annotations;
  if (isAbsent(value)) return undefined;
  const seconds = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  // A template that fails leaves its error in the annotation (Prometheus issue 4634); so do whole milliseconds
  // in place of seconds, which are in a year that a Date does not know.
  if (seconds >= 1 && !Number.isNaN(new Date(seconds * 1000).getTime())) return seconds * 1000;
  flaws.push({
    field: 'annotations.observed_at',
    value,
    expected: 'Unix seconds; it counts from its arrival',
  });
  return undefined;
}

/**
 * Alertmanager repeats an alert for minutes after Prometheus has died, so what counts is when it was
 * evaluated. Without that moment a "down" counts from its arrival: a needless failover is the lesser
 * evil. An "up" counts from its start, so that repeats of an old one can never bring traffic home.
 */
function cautiousMoment(
  { startsAt }: Record<string, unknown>,
  kind: Sighting['kind'],
  now: number,
  flaws: Wrong[],
): number {
  if (kind !== 'up' || isAbsent(startsAt)) return now;
  const started = typeof startsAt === 'string' ? Date.parse(startsAt) : Number.NaN;
  if (!Number.isNaN(started)) return started;
  flaws.push({ field: 'startsAt', value: startsAt, expected: 'a moment such as 2026-01-01T00:00:00Z' });
  return now;
}

function imageOf({ primary_image: image }: Record<string, unknown>, flaws: Wrong[]): string | undefined {
  if (isAbsent(image)) return undefined;
  if (typeof image === 'string' && image.length <= longestImage && /^[\x21-\x7e]+$/.test(image)) return image;
  const expected = `an image's digest or id of at most ${longestImage} characters; it is not compared`;
  flaws.push({ field: 'labels.primary_image', value: image, expected });
  return undefined;
}

function alertsOf(body: unknown): readonly unknown[] {
  const refuse = (field: string, value: unknown, expected: string) => {
    const { message } = flawOf({ field, value, expected }, '');
    return new HttpError(400, 'invalid-body', message, field || 'body');
  };
  if (!isObject(body)) throw refuse('', body, 'an object');
  const { version, alerts } = body;
  if (version !== '4') throw refuse('version', version, '"4", the version of Alertmanager’s webhook');
  if (!Array.isArray(alerts) || alerts.length === 0)
    throw refuse('alerts', alerts, 'a list of one alert or more');
  return alerts;
}

function parse(text: string): unknown {
  try {
    // Some senders begin with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new HttpError(
      400,
      'invalid-json',
      `the body is not JSON: ${cut((error as Error).message)}`,
      'body',
    );
  }
}

function flawOf({ field, value, expected }: Wrong, at: string): Flaw {
  const whole = [at, field].filter(Boolean).join('.') || 'body';
  const received = value === undefined ? 'missing' : `received ${show(value)}`;
  return { field: whole, message: `${whole}: ${received}, expected ${expected}` };
}

/** As JSON, but never longer than a line. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return isObject(value) ? 'an object' : String(value);
}

const cut = (text: string) =>
  text.length > shown ? `${text.slice(0, shown)}… (${text.length} characters)` : text;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Senders write "there is none" in three ways. */
const isAbsent = (value: unknown) => value === undefined || value === null || value === '';

function counted<T>() {
  let count = 0;
  const first: T[] = [];
  return {
    add(one: () => T) {
      count += 1;
      if (first.length < named) first.push(one());
    },
    get count() {
      return count;
    },
    first,
    result: (): Counted<T> => ({ count, first }),
  };
}
