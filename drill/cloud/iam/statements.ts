import { DrillError } from '../../kit/errors.ts';
import { type Assembly, checkProperties, type Resource } from '../template.ts';
import { asList, asObject, asString, isObject, type Json } from '../values.ts';
import { awsManagedPolicies } from './aws-managed.ts';

/** One statement of a policy of the assembly. */
export interface Statement {
  /** Where it is written: stack, resource and its number there. */
  readonly id: string;
  /** identity: what a role may do. resource: what may be done to a resource. trust: who may take on a role. */
  readonly kind: 'identity' | 'resource' | 'trust';
  /** The name of the role, or the ARN of the resource. */
  readonly holder: string;
  /** Written by AWS; all that is ours is that it is attached. */
  readonly isAwsManaged: boolean;
  readonly body: Json;
}

/**
 * Every statement of the assembly that says who may do what.
 * @throws DrillError for a way to grant something that the drill does not know
 */
export function readStatements(assembly: Assembly): Statement[] {
  return [
    ...assembly.ofType('AWS::IAM::Role').flatMap((role) => ofRole(role, assembly)),
    ...assembly.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy').flatMap(ofPolicy),
    ...assembly.ofType('AWS::Lambda::Permission').map((one) => ofPermission(one, assembly)),
    ...assembly
      .ofType('AWS::SNS::TopicPolicy')
      .flatMap((one) => attached(one, asList(one.properties.Topics, one.id))),
    ...assembly
      .ofType('AWS::SQS::QueuePolicy')
      .flatMap((one) => attached(one, asList(one.properties.Queues, one.id).map(queueArn(assembly)))),
    ...assembly
      .ofType('AWS::SecretsManager::ResourcePolicy')
      .flatMap((one) => attached(one, [one.properties.SecretId], 'ResourcePolicy')),
  ];
}

function ofRole(role: Resource, assembly: Assembly): Statement[] {
  checkProperties(
    role,
    ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies'],
    ['Description', 'RoleName', 'Tags', 'MaxSessionDuration', 'PermissionsBoundary', 'Path'],
  );
  const { AssumeRolePolicyDocument, ManagedPolicyArns, Policies } = role.properties;
  const inline = asList(Policies ?? [], `the policies of ${role.id}`).map((one) => asObject(one, role.id));
  const trust = role.attributes.Arn ?? '';
  return [
    ...statements(role, 'trust', trust, AssumeRolePolicyDocument),
    ...inline.flatMap((one) => statements(role, 'identity', role.ref, one.PolicyDocument)),
    ...asList(ManagedPolicyArns ?? [], `the managed policies of ${role.id}`)
      .map(String)
      // A policy of the stacks is read where it is declared.
      .filter((arn) => !arn.includes(`:${assembly.accountId}:`))
      .map((arn) => ofAwsManaged(role, arn)),
  ];
}

function ofAwsManaged(role: Resource, arn: string): Statement {
  const name = arn.replace(/^.*:policy\//, '');
  const actions = awsManagedPolicies[name];
  if (!actions) {
    throw new DrillError(
      `${role.stack}/${role.id} has AWS's policy ${name}, which the drill does not know; write what it allows into drill/cloud/iam/aws-managed.ts, or grant what is needed in lib/`,
    );
  }
  const body = { Effect: 'Allow', Action: actions, Resource: '*' };
  return {
    id: `${role.stack}/${role.id} (${name})`,
    kind: 'identity',
    holder: role.ref,
    isAwsManaged: true,
    body,
  };
}

function ofPolicy(policy: Resource): Statement[] {
  checkProperties(
    policy,
    ['PolicyDocument', 'Roles'],
    ['PolicyName', 'ManagedPolicyName', 'Description', 'Path'],
  );
  const roles = asList(policy.properties.Roles ?? [], `the roles of ${policy.id}`);
  return roles.flatMap((role) =>
    statements(policy, 'identity', String(role), policy.properties.PolicyDocument),
  );
}

/** As Lambda writes it into the function's own policy. */
function ofPermission(permission: Resource, assembly: Assembly): Statement {
  checkProperties(permission, ['Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn'], []);
  const { Action, FunctionName, Principal, SourceAccount, SourceArn } = permission.properties;
  const name = asString(FunctionName, `the function of ${permission.id}`);
  const lambda = assembly
    .ofType('AWS::Lambda::Function')
    .find(({ ref, attributes }) => ref === name || attributes.Arn === name);
  if (!lambda)
    throw new DrillError(`${permission.stack}/${permission.id} is for ${name}, which is no function`);
  const principal = asString(Principal, `the principal of ${permission.id}`);
  const holder = lambda.attributes.Arn ?? '';
  const conditions = {
    ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
    ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
  };
  const body: Json = {
    Effect: 'Allow',
    Principal: principal.includes('.') ? { Service: principal } : { AWS: principal },
    Action,
    Resource: holder,
    ...(Object.keys(conditions).length > 0 && { Condition: conditions }),
  };
  return {
    id: `${permission.stack}/${permission.id}`,
    kind: 'resource',
    holder,
    isAwsManaged: false,
    body,
  };
}

function attached(policy: Resource, holders: readonly unknown[], document = 'PolicyDocument'): Statement[] {
  return holders.flatMap((holder) =>
    statements(policy, 'resource', String(holder), policy.properties[document]),
  );
}

/** A queue's policy names its queues by their URLs. */
function queueArn(assembly: Assembly): (url: unknown) => string {
  return (url) => {
    const queue = assembly.ofType('AWS::SQS::Queue').find(({ ref }) => ref === url);
    if (queue) return queue.attributes.Arn ?? '';
    throw new DrillError(`a queue policy is for ${String(url)}, which is no queue of the assembly`);
  };
}

function statements(
  resource: Resource,
  kind: Statement['kind'],
  holder: string,
  document: unknown,
): Statement[] {
  const where = `${resource.stack}/${resource.id}`;
  const { Statement: written } = asObject(document, `the policy of ${where}`);
  const list = Array.isArray(written) ? written : [written];
  return list.map((body, index) => {
    if (!isObject(body)) throw new DrillError(`statement ${index + 1} of ${where} is no object`);
    return { id: `${where}#${index + 1}`, kind, holder, isAwsManaged: false, body };
  });
}
