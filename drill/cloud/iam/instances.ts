import { DrillError } from '../../kit/errors.ts';
import type { Assembly, Resource } from '../template.ts';
import { asList } from '../values.ts';
import { type AccessRequest, byService, type Caller } from './request.ts';

/** Who an instance of the assembly is to the services that it calls; undefined if it has no role. */
export function callerOfInstance(assembly: Assembly, instanceId: string): Caller | undefined {
  const role = roleOf(assembly, instanceId);
  if (!role) return undefined;
  const arn = `arn:aws:sts::${assembly.accountId}:assumed-role/${role.ref}/${instanceId}`;
  return { kind: 'role', arn, role: role.ref };
}

/** What must be allowed before the SSM agent of an instance is registered and gets commands. */
export function agentRequests(assembly: Assembly, instanceId: string, instanceArn: string): AccessRequest[] {
  const role = roleOf(assembly, instanceId);
  const caller = callerOfInstance(assembly, instanceId);
  if (!role || !caller) return [];
  const { accountId } = assembly;
  return [
    byService('ec2.amazonaws.com', 'sts:AssumeRole', role.attributes.Arn ?? '', { accountId }),
    { caller, action: 'ssm:UpdateInstanceInformation', resource: instanceArn, context: {} },
    ...['ssmmessages:CreateControlChannel', 'ec2messages:GetMessages'].map((action) => ({
      caller,
      action,
      resource: '*',
      context: {},
    })),
  ];
}

function roleOf(assembly: Assembly, instanceId: string): Resource | undefined {
  const instance = assembly.ofType('AWS::EC2::Instance').find(({ ref }) => ref === instanceId);
  const named = instance?.properties.IamInstanceProfile;
  if (named === undefined) return undefined;
  const profile = assembly.ofType('AWS::IAM::InstanceProfile').find(({ ref }) => ref === named);
  const [name] = asList(profile?.properties.Roles ?? [], `the roles of ${String(named)}`);
  const role = assembly.ofType('AWS::IAM::Role').find(({ ref }) => ref === name);
  if (role) return role;
  throw new DrillError(
    `${instanceId} has the instance profile ${String(named)}, which has no role; correct it in lib/`,
  );
}
