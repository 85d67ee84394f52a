import * as v from 'valibot';
import type { Decision } from '../domain/decision.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { OperatorRequest } from '../domain/observation.ts';
import type { Policy } from '../domain/policy.ts';
import { operatorsAlias } from './names.ts';

/** What the reconciler is invoked with. Whatever it does not know (a tick, an event) is about all services. */

/** From the receiver: these services have news. */
export type Wake = { readonly services: readonly string[] };

/** The services that an event names, or undefined if it names none. */
export function wokenServices(event: unknown): readonly unknown[] | undefined {
  const { services } = (event ?? {}) as { services?: unknown };
  return Array.isArray(services) ? services : undefined;
}

type Without<Request, Key extends PropertyKey> = Request extends unknown ? Omit<Request, Key> : never;

/** What an operator asks for. `status` asks for nothing but an answer. */
export type Asked = { readonly action: 'status' } | Without<OperatorRequest, 'by'>;

/** From an operator. @param by the name that the operator gives; CloudTrail records the principal */
export const operatorEvent = (service: string, by: string, asked: Asked) => ({
  operator: { service, ...asked, by: by.slice(0, longestBy) },
});

const longestBy = 200;
const longestPauseSeconds = 7 * 86_400;

const common = {
  service: v.pipe(v.string(), v.nonEmpty()),
  by: v.pipe(v.string(), v.nonEmpty(), v.maxLength(longestBy)),
};

const operator = v.variant('action', [
  v.strictObject({
    ...common,
    action: v.literal('pause'),
    seconds: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(longestPauseSeconds)),
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

/** What an operator wants of one service; without a request they only want to know. */
export type OperatorCall = { readonly service: string; readonly request?: OperatorRequest };

/**
 * Reads an operator's event.
 * @param invokedAs the ARN by which the function was invoked: only the operators' alias may ask for moves
 * @returns undefined for an event that is no operator's
 * @throws Error that names the field, the value received and what was expected
 */
export function operatorCall(
  event: unknown,
  services: readonly string[],
  invokedAs: string,
): OperatorCall | undefined {
  const given = (event as { operator?: unknown } | null)?.operator;
  if (given === undefined) return undefined;
  if (!invokedAs.endsWith(`:${operatorsAlias}`))
    throw new Error(`operator: received by ${invokedAs}, expected by the alias "${operatorsAlias}"`);
  const result = v.safeParse(operator, given);
  if (!result.success) {
    const [issue] = result.issues;
    const path = ['operator', v.getDotPath(issue)].filter(Boolean).join('.');
    throw new Error(`${path}: received ${issue.received}, expected ${issue.expected ?? issue.message}`);
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

/** What the reconciler answers to an operator. */
export type OperatorAnswer = Pick<Decision, 'site' | 'reason' | 'state'> & {
  readonly accepted: boolean;
  /** Why it was refused, or why the service stands where it stands. */
  readonly message: string;
  /** What it decided from, and by which policy; Unix milliseconds of the decision. */
  readonly evidence: Evidence;
  readonly policy: Policy;
  readonly at: number;
  /** Name of the table that has the history. */
  readonly table: string;
};

/** Whether an answer has all that this version expects; that of an older deployment may not. */
export const isComplete = ({ evidence, policy, table }: Partial<OperatorAnswer>): boolean =>
  evidence !== undefined && policy !== undefined && table !== undefined;
