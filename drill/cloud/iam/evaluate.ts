import { type RunSimulationResults, runSimulation } from '@cloud-copilot/iam-simulate';
import { DrillError } from '../../kit/errors.ts';
import type { AccessRequest } from './request.ts';
import type { Statement } from './statements.ts';

/** What IAM says to a request. */
export interface Verdict {
  readonly allowed: boolean;
  /** The grants that it rests on; empty if it is denied. */
  readonly by: readonly Grant[];
}

/** What one statement allows: one of its actions on one of its resources. */
export interface Grant {
  readonly statement: Statement;
  readonly action: string;
  /** As the statement writes it; empty in a trust policy, which has none. */
  readonly resource: string;
}

type Analysis = Extract<RunSimulationResults, { resultType: 'single' }>['result']['analysis'];

/**
 * Asks the evaluator what the statements that concern a request come to. The account's own policies
 * (service control policies, permissions boundaries) are not known here and take part in nothing.
 * @throws DrillError if the evaluator does not know the action, or a policy is not valid
 */
export async function evaluate(
  request: AccessRequest,
  statements: readonly Statement[],
  accountId: string,
): Promise<Verdict> {
  const { caller, action, resource, context } = request;
  if (caller.kind === 'operator') return { allowed: true, by: [] };
  const own = statements.filter(
    ({ kind, holder }) => kind === 'identity' && caller.kind === 'role' && holder === caller.role,
  );
  const ofResource = statements.filter(({ kind, holder }) => kind !== 'identity' && holder === resource);
  const answer = await runSimulation(
    {
      request: {
        principal: caller.arn,
        action,
        resource: { resource, accountId },
        contextVariables: { 'aws:SecureTransport': 'true', ...context },
      },
      identityPolicies: own.length > 0 ? [{ name: 'own', policy: policyOf(own) }] : [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(ofResource.length > 0 && { resourcePolicy: policyOf(ofResource) }),
    },
    {},
  );
  if (answer.resultType !== 'single') {
    const why = answer.resultType === 'error' ? JSON.stringify(answer.errors) : 'the resource has a wildcard';
    throw new DrillError(`IAM cannot be asked about ${action} on ${resource}: ${why}`);
  }
  if (answer.overallResult !== 'Allowed') return { allowed: false, by: [] };
  const { identityAnalysis, resourceAnalysis } = answer.result.analysis;
  return { allowed: true, by: [...grants(identityAnalysis, own), ...grants(resourceAnalysis, ofResource)] };
}

/** Each statement is marked with its place in the list, to be recognised in the answer. */
function policyOf(statements: readonly Statement[]) {
  return {
    Version: '2012-10-17',
    Statement: statements.map(({ body }, index) => ({ ...body, Sid: `s${index}` })),
  };
}

function grants(
  analysis: Analysis['identityAnalysis'] | Analysis['resourceAnalysis'],
  statements: readonly Statement[],
): Grant[] {
  return (analysis?.allowStatements ?? []).flatMap(({ explain }) => {
    const statement = statements[Number(String(explain.identifier).slice(1))];
    if (!statement)
      throw new DrillError(`IAM allowed something by ${explain.identifier}, which nobody wrote`);
    const actions = listed(explain.actions).filter(({ matches }) => matches);
    const resources = listed(explain.resources).filter(({ matches }) => matches);
    return actions.flatMap(({ action }) =>
      (resources.length > 0 ? resources : [{ resource: '' }]).map(({ resource }) => ({
        statement,
        action,
        resource,
      })),
    );
  });
}

function listed<T>(given: T | T[] | undefined): T[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given];
}
