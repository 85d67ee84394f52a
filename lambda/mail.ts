import { type Entry, endings, type Seen } from './domain/history.ts';
import { reasons } from './domain/reasons.ts';
import {
  hostSeen,
  labels,
  lastSaid,
  leads,
  primarySeen,
  texts,
  type Urgency,
  witnessSeen,
  words,
} from './messages.ts';

/** SNS takes subjects of up to 100 ASCII characters, on one line. */
const longestSubject = 100;
/** What the host said can be long; Run Command has all of it. */
const longestDetail = 2000;
/** Somebody looks at least once a minute: the tick in lib/constructs/reconciler.ts. */
const tickMilliseconds = 60_000;
const labelWidth = 9;

/** What a person reads: the first line is enough to decide whether to get up. */
export function message(entry: Entry): { subject: string; body: string } {
  const text = texts[entry.kind];
  const values = valuesOf(entry);
  const urgency = urgencyOf(entry);
  const headline = `${words[urgency]}${text.headline}`;
  const after = firstFilled(text.after ?? [], values);
  const service = oneLine(entry.service);
  const ofService = text.look === 'doctor' ? '' : ` --service ${service}`;
  const body = [
    `${service}: ${headline}${after}. ${text.lead?.[urgency] ?? leads[urgency]}`,
    '',
    ...facts(entry, values),
    '',
    ...(['done', 'next', 'ifNot'] as const).flatMap((part) => row(labels[part], filled(text[part], values))),
    '',
    ...row(labels.look, `npm run failover -- ${text.look}${ofService}`),
    ...row(labels.read, `docs/runbook.md, "Mail ${entry.kind}"`),
  ];
  return { subject: subjectOf(`[failover] ${service}: ${headline}`, after), body: body.join('\n') };
}

export function urgencyOf(entry: Entry): Urgency {
  return texts[entry.kind].urgency?.(entry) ?? 'none';
}

function subjectOf(headline: string, after: string): string {
  const fits = headline.length + after.length <= longestSubject;
  return `${headline}${fits ? after : ''}`.replace(/[^\x20-\x7e]/g, '?').slice(0, longestSubject);
}

function facts(entry: Entry, values: Values): string[] {
  const { kind, at, epoch, site, reason, seen, by = '', detail = '' } = entry;
  const inCharge = site ? `; the ${site} is in charge` : '';
  const shown = printable(detail.slice(0, longestDetail)).split('\n');
  return [
    ...row(labels.when, `${moment(at)}, epoch ${epoch}${inCharge}`),
    ...row(endings.has(kind) ? labels.was : labels.why, reasons[reason]),
    ...row(labels.seen, seen ? sights(seen, values).join(' ') : ''),
    ...row(labels.by, oneLine(by)),
    // Below its label whatever it says, so that nothing in it passes for a line of ours.
    ...row(labels.detail, shown.join(`\n${' '.repeat(labelWidth)}`)),
  ];
}

function sights({ primary, said, witness, capacity }: Seen, values: Values): string[] {
  return [
    primary === 'unknown'
      ? firstFilled([lastSaid[said ?? 'nothing']], values)
      : firstFilled(primarySeen[primary], values),
    ...(witness ? [witnessSeen[witness]] : []),
    ...(capacity ? filledSentences([hostSeen], values) : []),
  ];
}

/** A label and what it has to say; nothing if that is nothing. */
function row(label: string, said: string): string[] {
  return said === '' ? [] : [`${label.padEnd(labelWidth)}${said}`];
}

type Values = Readonly<Record<string, string | undefined>>;

function valuesOf(entry: Entry): Values {
  const { at, service, by, attempt, tookMilliseconds, nextAt, stableSeconds, seen, answeredAt = at } = entry;
  const { wokenAt, neededUntil } = entry;
  const isTrouble = seen?.primary === 'down' || seen?.primary === 'suspected';
  return {
    service: oneLine(service),
    by: by && oneLine(by),
    attempt: attempt?.toString(),
    took: known(tookMilliseconds, duration),
    // The site is the first to know: it asks for the standby before the alerts have gone out.
    trouble: known(isTrouble ? seen.since : undefined, (since) =>
      duration(answeredAt - Math.min(since, wokenAt ?? since)),
    ),
    woken: known(wokenAt, moment),
    needed: known(wokenAt && neededUntil, (until) => duration(until - (wokenAt ?? until))),
    next: known(nextAt, moment),
    nextBy: known(nextAt, (next) => moment(next + tickMilliseconds)),
    stable: known(stableSeconds, (seconds) => duration(seconds * 1000)),
    since: known(seen?.since, moment),
    age: known(seen?.saidAt, (saidAt) => duration(at - saidAt)),
    host: seen?.capacity,
  };
}

function known<T>(value: T | undefined, shown: (value: T) => string): string | undefined {
  return value === undefined ? undefined : shown(value);
}

const filled = (sentences: readonly string[], values: Values) => filledSentences(sentences, values).join(' ');
const firstFilled = (sentences: readonly string[], values: Values) =>
  filledSentences(sentences, values)[0] ?? '';

function filledSentences(sentences: readonly string[], values: Values): string[] {
  return sentences.flatMap((sentence) => {
    const names = [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    if (names.some((name) => values[name] === undefined)) return [];
    return [sentence.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')];
  });
}

/** In UTC, to the second. @param at Unix milliseconds */
function moment(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z/, 'Z');
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 100) / 10;
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return joined(minutes, 'min', Math.round(seconds % 60), 's');
  return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function joined(large: number, ofLarge: string, small: number, ofSmall: string): string {
  return small === 0 ? `${large} ${ofLarge}` : `${large} ${ofLarge} ${small} ${ofSmall}`;
}

/** Without what could break a line or hide in one; lines stay lines. */
const printable = (text: string) => text.trim().replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, '?');
const oneLine = (text: string) => printable(text).replaceAll('\n', ' ');
