import { setTimeout as delay } from 'node:timers/promises';
import { DrillError } from '../kit/errors.ts';
import type { Cloud } from './index.ts';
import type { Assembly } from './template.ts';
import { asList, asObject, asString } from './values.ts';

const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event' };

/** Name or ARN of the function that the assembly has called every minute: the reconciler. */
export function scheduledFunction(assembly: Assembly): string {
  const rule = assembly
    .ofType('AWS::Events::Rule')
    .find(({ properties }) => properties.ScheduleExpression !== undefined);
  if (!rule) throw new DrillError('the assembly has no rule with a schedule; correct it in lib/');
  const [target] = asList(rule.properties.Targets, `${rule.id}.Targets`);
  return asString(asObject(target, `${rule.id}.Targets[0]`).Arn, `${rule.id}.Targets[0].Arn`);
}

/** By what name operators invoke it. */
export function operatorFunction(assembly: Assembly): string {
  const [alias] = assembly.ofType('AWS::Lambda::Alias');
  if (alias) return alias.ref;
  throw new DrillError('the assembly has no alias for operators; correct it in lib/');
}

/**
 * Wakes a function again and again, in place of a schedule that takes too long for a drill. One at a time:
 * on a machine that is busy, ticks that overtake each other would make it busier.
 * @returns ends it
 */
export function keepTicking(cloud: Cloud, functionName: string, seconds: number): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const pause = () => delay(seconds * 1000, undefined, { signal });
  const go = async () => {
    while (!signal.aborted) {
      // A function that fails is told by the cloud, and the next tick comes all the same.
      const done = cloud.invoke(functionName, SCHEDULED).catch(() => {});
      const patience = delay(PATIENCE * seconds * 1000, undefined, { signal });
      await Promise.all([pause(), Promise.race([done, patience])]);
    }
  };
  // The one way out of its waits is to be ended.
  go().catch(() => {});
  return () => ending.abort();
}

/** After so many times the pause, a tick that has not ended is no longer waited for. */
const PATIENCE = 5;
