import * as v from 'valibot';
import type { OperatorRequest } from '../domain/types.ts';

/**
 * Which services a nudge is about. It says where to look, never what is true: the reconciler looks for
 * itself. Anything that names no service is about all of them.
 */
export function servicesOf(event: unknown, all: readonly string[]): readonly string[] {
  const named = (event as { services?: unknown } | null)?.services;
  if (!Array.isArray(named)) return all;
  return all.filter((service) => named.includes(service));
}

/** The receiver's nudge is in a hurry; ticks and events are not. */
export function isThorough(event: unknown): boolean {
  return (event as { services?: unknown } | null)?.services === undefined;
}

const operatorAlias = 'operators';
const week = 7 * 86_400;
const common = {
  service: v.pipe(v.string(), v.nonEmpty()),
  by: v.pipe(v.string(), v.nonEmpty(), v.maxLength(200)),
};

const operator = v.variant('action', [
  v.strictObject({
    ...common,
    action: v.literal('pause'),
    seconds: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(week)),
    why: v.pipe(v.string(), v.nonEmpty(), v.maxLength(500)),
  }),
  v.strictObject({
    ...common,
    action: v.picklist([
      'resume',
      'acknowledge',
      'switchover',
      'failover',
      'failback',
      'self-test',
      'status',
    ]),
  }),
]);

/** What an operator wants of one service; `status` wants nothing but to know. */
export type OperatorCall = { readonly service: string; readonly request?: OperatorRequest };

/**
 * Reads an operator's event, `{"operator": {"service", "action", "by", …}}`.
 * @param invokedAs the ARN by which the function was invoked. Operators have an alias of their own, because IAM
 *   can tell apart who may invoke what, but not with which event: the receiver may only nudge
 * @returns undefined for an event that is no operator's
 * @throws Error that names the field, what it was given and what it takes
 */
export function operatorCall(
  event: unknown,
  services: readonly string[],
  invokedAs: string,
): OperatorCall | undefined {
  const given = (event as { operator?: unknown } | null)?.operator;
  if (given === undefined) return undefined;
  if (!invokedAs.endsWith(`:${operatorAlias}`))
    throw new Error(`operator: received by ${invokedAs}, expected by the alias "${operatorAlias}"`);
  const result = v.safeParse(operator, given);
  if (!result.success) {
    const [issue] = result.issues;
    const field = ['operator', v.getDotPath(issue)].filter(Boolean).join('.');
    throw new Error(`${field}: received ${issue.received}, expected ${issue.expected ?? issue.message}`);
  }
  const { service, ...request } = result.output;
  if (!services.includes(service)) {
    throw new Error(
      `operator.service: received ${JSON.stringify(service)}, expected ${services.map((name) => JSON.stringify(name)).join(' or ')}`,
    );
  }
  const { action } = request;
  return action === 'status' ? { service } : { service, request: { ...request, action } as OperatorRequest };
}
