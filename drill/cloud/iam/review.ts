import { DrillError } from '../../kit/errors.ts';
import { asList } from '../values.ts';
import { evaluate, type Grant } from './evaluate.ts';
import type { AccessRequest } from './request.ts';
import type { Statement } from './statements.ts';

/** What became of the grants of an assembly: each by what it allows, in words that are the same in each drill. */
export interface Review {
  /** Whether anything needed this action on this resource. */
  readonly grants: Readonly<Record<string, boolean>>;
  /** Whether something would have been denied without this statement. */
  readonly statements: Readonly<Record<string, boolean>>;
}

/**
 * Holds what was asked of IAM against what the stacks grant.
 * @param requests whatever was asked and allowed
 */
export async function review(
  statements: readonly Statement[],
  requests: readonly AccessRequest[],
  accountId: string,
): Promise<Review> {
  const used = new Set<string>();
  for (const request of requests)
    for (const grant of (await evaluate(request, statements, accountId)).by) used.add(describeGrant(grant));
  const allowing = statements.filter(({ body }) => body.Effect === 'Allow');
  const grants = allowing
    .filter(({ isAwsManaged }) => !isAwsManaged)
    .flatMap(grantsOf)
    .map(describeGrant);
  const needed = await Promise.all(
    allowing.map(async (one) => {
      const denied = await deniedWithout(one, statements, requests, accountId);
      return [describeStatement(one), denied !== undefined] as const;
    }),
  );
  return {
    grants: Object.fromEntries(grants.map((grant) => [grant, used.has(grant)])),
    statements: Object.fromEntries(needed),
  };
}

/** The first of the requests that would be denied if the statement were not there. */
export async function deniedWithout(
  { id, holder, kind }: Pick<Statement, 'id' | 'holder' | 'kind'>,
  statements: readonly Statement[],
  requests: readonly AccessRequest[],
  accountId: string,
): Promise<AccessRequest | undefined> {
  const others = statements.filter((one) => one.id !== id || one.holder !== holder);
  if (others.length === statements.length) throw new DrillError(`there is no statement ${id} of ${holder}`);
  const isAbout = ({ caller, resource }: AccessRequest) =>
    kind === 'identity' ? caller.kind === 'role' && caller.role === holder : resource === holder;
  for (const request of requests.filter(isAbout))
    if (!(await evaluate(request, others, accountId)).allowed) return request;
  return undefined;
}

/** All reviews taken together: what one drill does not need, another one may. */
export function together(reviews: readonly Review[]): Review {
  return {
    grants: anyOf(reviews.map(({ grants }) => grants)),
    statements: anyOf(reviews.map(({ statements }) => statements)),
  };
}

function anyOf(all: readonly Readonly<Record<string, boolean>>[]): Record<string, boolean> {
  const merged: Record<string, boolean> = {};
  for (const one of all)
    for (const [what, so] of Object.entries(one)) merged[what] = so || (merged[what] ?? false);
  return merged;
}

/** The names of those that nothing needed. */
export function idle(all: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(all).flatMap(([what, so]) => (so ? [] : [what]));
}

function grantsOf(statement: Statement): Grant[] {
  const { id, kind, body } = statement;
  if (body.NotAction !== undefined || body.NotResource !== undefined)
    throw new DrillError(`${id} allows everything but something; say in lib/ what it is to allow`);
  const actions = asList([body.Action].flat(), `the actions of ${id}`).map(String);
  const resources = kind === 'trust' ? [''] : [body.Resource].flat().map(String);
  return actions.flatMap((action) => resources.map((resource) => ({ statement, action, resource })));
}

function describeGrant({ statement, action, resource }: Grant): string {
  return brief(`${who(statement)} ${action}${resource && ` on ${resource}`}${conditions(statement)}`);
}

/** A statement in words: who, what, on what, and under which conditions. */
export function describeStatement(statement: Statement): string {
  const { Action, Resource } = statement.body;
  const what = statement.isAwsManaged ? statement.id : [Action].flat().join(', ');
  const on = Resource === undefined || statement.isAwsManaged ? '' : ` on ${[Resource].flat().join(', ')}`;
  return brief(`${who(statement)} ${what}${on}${conditions(statement)}`);
}

function who({ kind, holder, body }: Statement): string {
  if (kind === 'identity') return `${holder} may`;
  const principals = Object.values((body.Principal ?? {}) as object).flat();
  return `${holder} lets ${principals.join(', ')}`;
}

function conditions({ body }: Statement): string {
  return body.Condition === undefined ? '' : ` if ${JSON.stringify(body.Condition)}`;
}

/** ARNs of one account and region, without what all have in common. */
function brief(text: string): string {
  return text.replace(/arn:aws:([a-z0-9-]+):[^:"]*:[^:"]*:/g, '$1:');
}
