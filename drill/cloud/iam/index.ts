import type { Tell } from '../happenings.ts';
import type { Assembly } from '../template.ts';
import { evaluate } from './evaluate.ts';
import type { AccessRequest, Authorize } from './request.ts';
import { type Review, review } from './review.ts';
import { readStatements, type Statement } from './statements.ts';

/** What the assembly's policies allow, and what was asked of them. */
export interface Iam {
  readonly statements: readonly Statement[];
  /** Whatever was asked and allowed, each once. */
  readonly requests: readonly AccessRequest[];
  /** As AWS would; tells what it denies. */
  readonly authorize: Authorize;
  review(): Promise<Review>;
}

/** @param overrule decides in place of the policies; for tests of what is not about them */
export function createIam(assembly: Assembly, tell: Tell, overrule?: Authorize): Iam {
  const statements = readStatements(assembly);
  const { accountId } = assembly;
  const asked = new Map<string, Promise<boolean>>();
  const requests: AccessRequest[] = [];

  const decide = async (request: AccessRequest): Promise<boolean> => {
    const { allowed } = await evaluate(request, statements, accountId);
    if (allowed && request.caller.kind !== 'operator') requests.push(request);
    return allowed;
  };
  // What the same caller asks again has the same answer.
  const decideOnce = (request: AccessRequest): Promise<boolean> => {
    const key = JSON.stringify(request);
    const known = asked.get(key) ?? decide(request);
    asked.set(key, known);
    return known;
  };
  return {
    statements,
    requests,
    async authorize(request) {
      const allowed = await (overrule ?? decideOnce)(request);
      const { caller, action, resource } = request;
      if (!allowed) tell({ kind: 'call-denied', caller: nameOf(caller), action, resource });
      return allowed;
    },
    review: () => review(statements, requests, accountId),
  };
}

function nameOf(caller: AccessRequest['caller']): string {
  return caller.kind === 'role' ? caller.role : caller.arn;
}
