import { randomUUID } from 'node:crypto';
import { DrillError } from '../../kit/errors.ts';
import { type Background, pass } from '../latencies.ts';
import { type Assembly, checkProperties, type Resource } from '../template.ts';
import { asList, asObject, asString, isObject, type Json } from '../values.ts';
import { compilePattern, type Matches } from './event-pattern.ts';
import { compileSchedule, type NextTime } from './schedule.ts';

/** What a service hands to EventBridge. */
export interface EventInput {
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: Json;
}

/** The default event bus with the rules of the assembly. */
export interface EventBus {
  put(event: EventInput): void;
  /** Begins the schedules; a rate counts from here. */
  startSchedules(): void;
  /** Fires every schedule once, now. */
  fireSchedules(): void;
  /** Ends the schedules: another deployment has taken over. */
  retire(): void;
}

interface Rule {
  readonly arn: string;
  readonly name: string;
  readonly matches: Matches;
  readonly targets: readonly Target[];
  readonly schedule: string | undefined;
}

interface Target {
  readonly arn: string;
  /** The queue that gets what cannot be delivered. */
  readonly deadLetterArn: string | undefined;
  /** A constant that replaces the event, as JSON text. */
  readonly input: string | undefined;
}

/** An event on its way to a target of a rule. */
export interface Delivery {
  readonly targetArn: string;
  readonly ruleArn: string;
  readonly deadLetterArn: string | undefined;
  /** JSON text. */
  readonly event: string;
  /** For the timeline. */
  readonly cause: string;
}

/**
 * Builds the bus from the assembly's rules.
 * @param deliver invokes a target (a function) asynchronously
 * @throws DrillError for a pattern, schedule or target that the drill does not know
 */
export function createEventBus(
  assembly: Assembly,
  background: Background,
  eventSeconds: number,
  deliver: (delivery: Delivery) => void,
): EventBus {
  const rules = assembly
    .ofType('AWS::Events::Rule')
    .map(readRule)
    .filter((rule) => rule !== undefined);
  const send = (rule: Rule, event: Json) => {
    for (const { arn, deadLetterArn, input } of rule.targets)
      deliver({
        targetArn: arn,
        ruleArn: rule.arn,
        deadLetterArn,
        event: input ?? JSON.stringify(event),
        cause: `rule ${rule.name}`,
      });
  };
  let isRetired = false;
  return {
    retire() {
      isRetired = true;
    },
    put(input) {
      const event = envelope(assembly, input);
      const matching = rules.filter((rule) => rule.schedule === undefined && rule.matches(event));
      if (matching.length === 0) return;
      background.start(async () => {
        await pass(eventSeconds, background.signal);
        for (const rule of matching) send(rule, event);
      });
    },
    fireSchedules() {
      for (const rule of rules) if (rule.schedule !== undefined) send(rule, scheduledEvent(assembly, rule));
    },
    startSchedules() {
      for (const rule of rules) {
        if (rule.schedule === undefined) continue;
        const next = compileSchedule(rule.schedule, rule.name, Date.now());
        background.start(() =>
          keepFiring(next, background.signal, () => {
            if (!isRetired) send(rule, scheduledEvent(assembly, rule));
            return !isRetired;
          }),
        );
      }
    },
  };
}

function readRule(resource: Resource): Rule | undefined {
  checkProperties(
    resource,
    ['EventPattern', 'ScheduleExpression', 'State', 'Targets', 'Name'],
    ['Description', 'Tags'],
  );
  const { properties } = resource;
  if (properties.State === 'DISABLED') return undefined;
  const name = `${resource.stack}/${resource.id}`;
  const schedule = properties.ScheduleExpression;
  const pattern = properties.EventPattern;
  if (schedule === undefined && !isObject(pattern)) {
    throw new DrillError(`${name} has neither a pattern nor a schedule; correct it in lib/`);
  }
  // Compiled already at load so that a mistake stops the drill before anything is broken on purpose.
  if (schedule !== undefined) compileSchedule(asString(schedule, name), name, 0);
  return {
    arn: resource.attributes.Arn ?? '',
    name: resource.id,
    matches: isObject(pattern) ? compilePattern(pattern, name) : () => false,
    schedule: schedule === undefined ? undefined : asString(schedule, name),
    targets: asList(properties.Targets, `the targets of ${name}`).map((target) => readTarget(target, name)),
  };
}

const TARGET_MEMBERS = ['Arn', 'Id', 'Input', 'RetryPolicy', 'DeadLetterConfig'];

function readTarget(value: unknown, rule: string): Target {
  const target = asObject(value, `a target of ${rule}`);
  const unknown = Object.keys(target).find((name) => !TARGET_MEMBERS.includes(name));
  if (unknown)
    throw new DrillError(
      `a target of ${rule} sets ${unknown}, which the drill does not act on; teach drill/cloud/services/events.ts`,
    );
  const input = target.Input;
  const deadLetters = asObject(target.DeadLetterConfig ?? {}, `the dead letters of ${rule}`).Arn;
  return {
    arn: asString(target.Arn, `the target of ${rule}`),
    deadLetterArn: deadLetters === undefined ? undefined : asString(deadLetters, `the queue of ${rule}`),
    input: input === undefined ? undefined : asString(input, `the input of ${rule}`),
  };
}

function envelope(assembly: Assembly, { source, detailType, resources, detail }: EventInput): Json {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source,
    account: assembly.accountId,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: assembly.region,
    resources: [...resources],
    detail,
  };
}

function scheduledEvent(assembly: Assembly, rule: Rule): Json {
  return envelope(assembly, {
    source: 'aws.events',
    detailType: 'Scheduled Event',
    resources: [rule.arn],
    detail: {},
  });
}

async function keepFiring(next: NextTime, signal: AbortSignal, fire: () => boolean): Promise<void> {
  while (!signal.aborted) {
    const time = next(Date.now());
    // Timers may fire a little early; the loop waits until the moment has really come.
    while (Date.now() < time) await pass((time - Date.now()) / 1000, signal);
    if (!fire()) return;
  }
}
