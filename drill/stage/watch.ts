import { readLine } from '../../lambda/contract/log-lines.ts';
import type { AlertSeen, Happening } from '../cloud/happenings.ts';
import type { Mail } from '../kit/mail-sink.ts';
import type { Timeline } from '../kit/timeline.ts';
import type { LoadEvent } from '../load/messages.ts';
import type { ServerChange } from '../site/haproxy-log.ts';

/** Tells the timeline what a person wants to know of all that happens. */
export interface Watch {
  happening(happening: Happening): void;
  serverChange(change: ServerChange): void;
  load(event: LoadEvent): void;
  mail(mail: Mail): void;
}

/** @param everyReason tells also the decisions that move nothing, when their reason is a new one */
export function createWatch(timeline: Timeline, { everyReason = false } = {}): Watch {
  let lastReason: unknown;
  const tellStay = (record: unknown, at: number) => {
    const decided = readLine(record, 'decided');
    if (!decided) return;
    const { from, to, reason } = decided;
    if (from === to && reason !== lastReason) timeline.add('reconciler', `stays ${to}: ${reason}`, { at });
    lastReason = reason;
  };
  // Repeats are the normal case: each alert is told once, until the primary is seen to have changed.
  const told = new Set<string>();
  const isNews = ({ name, status }: AlertSeen) => {
    // Whom HAProxy uses is told by HAProxy.
    if (name === 'Serving') return false;
    if (told.has(`${name} ${status}`)) return false;
    if (name === 'PrimaryUp' || told.has('PrimaryUp firing')) told.clear();
    told.add(`${name} ${status}`);
    return true;
  };
  return {
    happening(happening) {
      if (happening.kind === 'webhook-received') {
        const news = happening.alerts.filter(isNews);
        if (news.length === 0) return;
        const names = news.map(({ name, status }) => `${name} ${status}`).join(', ');
        timeline.add('alertmanager', `posts ${names}${age(news, happening.at)}`, { at: happening.at });
        return;
      }
      if (everyReason && happening.kind === 'function-log') tellStay(happening.record, happening.at);
      tellCloud(happening, timeline);
    },
    serverChange({ at, server, state }) {
      timeline.add('haproxy', `${server} is ${state}`, { at, tone: state === 'UP' ? 'good' : 'bad' });
    },
    load(event) {
      tellLoad(event, timeline);
    },
    mail({ at, subject, to }) {
      timeline.add('mail', `"${subject}" to ${to.join(', ')}`, { at });
    },
  };
}

function age(alerts: readonly AlertSeen[], at: number): string {
  const observedAt = alerts[0]?.observedAt;
  return observedAt === undefined ? '' : `, evaluated ${(at / 1000 - observedAt).toFixed(2)} s before`;
}

function tellCloud(happening: Happening, timeline: Timeline): void {
  const { at } = happening;
  switch (happening.kind) {
    case 'webhook-answered':
      if (happening.status >= 300)
        timeline.add('receiver', `answers ${happening.status}`, { at, tone: 'bad' });
      return;
    case 'function-cold-start':
      timeline.add(
        'lambda',
        `${happening.function}: cold start in ${Math.round(happening.milliseconds)} ms`,
        { at },
      );
      return;
    case 'function-log':
      tellDecision(happening.record, at, timeline);
      return;
    case 'command-sent':
      timeline.add(
        'ssm',
        `takes the command "${happening.parameters.action}", epoch ${happening.parameters.epoch}`,
        { at },
      );
      return;
    case 'script-started':
      timeline.add('host', `runs the script: ${happening.parameters.action}`, { at });
      return;
    case 'script-ended':
      tellScript(happening, timeline);
      return;
    case 'instance-state':
      timeline.add('ec2', `${happening.instanceId} is ${happening.state}`, { at });
      return;
    case 'function-failed':
      timeline.add('lambda', `${happening.function} failed: ${happening.error}`, { at, tone: 'bad' });
      return;
    case 'call-denied':
      timeline.add('iam', `${happening.caller} may not ${happening.action} on ${happening.resource}`, {
        at,
        tone: 'bad',
      });
      return;
    case 'dead-letter':
      timeline.add('lambda', `a nudge failed for good: ${happening.body}`, { at, tone: 'bad' });
      return;
    case 'injected':
    case 'fault':
      timeline.add('drill', happening.message, { at, tone: 'bad' });
      return;
  }
}

function tellScript(
  ended: Extract<Happening, { kind: 'command-sent' | 'script-started' | 'script-ended' }>,
  timeline: Timeline,
) {
  const good = ended.exitCode === 0;
  const lines = ended.output?.trim().split('\n') ?? [];
  // The line for the control plane says to people only whether it runs.
  const last = lines.findLast((line) => !line.startsWith('standby: ')) ?? lines.at(-1) ?? '';
  const said = last.replace(/^\S+Z /, '').replace(/^(standby: \S+) .*/, '$1');
  timeline.add('host', good ? said : `${ended.status}, exit code ${ended.exitCode}: ${said}`, {
    at: ended.at,
    tone: good ? 'good' : 'bad',
  });
}

/** The reconciler logs each decision that it recorded. */
function tellDecision(record: unknown, at: number, timeline: Timeline): void {
  const { message, level } = (record ?? {}) as Record<string, unknown>;
  if (level === 'ERROR') timeline.add('lambda', `logs an error: ${message}`, { at, tone: 'bad' });
  const decided = readLine(record, 'decided');
  if (!decided || decided.from === decided.to) return;
  const { from, to, reason, epoch } = decided;
  timeline.add('reconciler', `${reason}: ${from} → ${to}, epoch ${epoch}`, { at });
}

function tellLoad(event: LoadEvent, timeline: Timeline): void {
  const { at } = event;
  if (event.type === 'site-changed') {
    timeline.add('clients', `are answered by the ${event.site}`, { at, tone: 'good' });
  } else if (event.type === 'errors-began') {
    const what = event.result.error ?? `status ${event.result.status}`;
    timeline.add('clients', `get errors: ${what}`, { at, tone: 'bad' });
  } else if (event.type === 'errors-ended') {
    timeline.add('clients', `are served again after ${event.errors} errors`, { at, tone: 'good' });
  }
}
