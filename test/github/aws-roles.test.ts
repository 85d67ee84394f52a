import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { describe, expect, it, test } from 'vitest';

type Statement = { Action: string | string[]; Resource: unknown; Condition?: unknown };
type Role = {
  Properties: {
    AssumeRolePolicyDocument: { Statement: { Condition: { StringEquals: Record<string, unknown> } }[] };
    Policies: { PolicyDocument: { Statement: Statement[] } }[];
  };
};

const stack = new Stack(new App(), 'GitHub');
new CfnInclude(stack, 'Roles', {
  templateFile: fileURLToPath(new URL('../../.github/aws-roles.yaml', import.meta.url)),
});
const roles = Template.fromStack(stack).findResources('AWS::IAM::Role') as Record<string, Role>;
const role = (name: string) => {
  const found = roles[name];
  if (!found) throw new Error(`no role ${name} among ${Object.keys(roles)}`);
  return found.Properties;
};
const granted = (name: string) =>
  role(name).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);

describe.each([
  ['DiffRole', 'pull_request'],
  ['DeployRole', 'environment:production'],
])('%s', (name, subject) => {
  it('is for one repository, and for this one use of it', () => {
    const [statement] = role(name).AssumeRolePolicyDocument.Statement;
    const { StringEquals: given = {} } = statement?.Condition ?? {};
    expect(Object.values(given)).toEqual([
      'sts.amazonaws.com',
      { 'Fn::Sub': `repo:$\{Repository}:${subject}` },
    ]);
  });

  it('may do nothing to everything', () => {
    for (const { Action, Resource } of granted(name)) {
      expect([Action].flat().join()).not.toContain('*');
      expect([Resource].flat()).not.toContain('*');
    }
  });
});

test('the one that reads may take on nothing that deploys', () => {
  expect(JSON.stringify(granted('DiffRole'))).toMatch(/lookup-role/);
  expect(JSON.stringify(granted('DiffRole'))).not.toMatch(/deploy-role|publishing-role/);
});

test('the one that deploys does it through the roles of the bootstrap', () => {
  const actions = granted('DeployRole').flatMap(({ Action }) => Action);
  expect(actions).toEqual([
    'sts:AssumeRole',
    'lambda:InvokeFunction',
    'cloudformation:DescribeStacks',
    'cloudformation:DescribeChangeSet',
    'cloudformation:DeleteChangeSet',
    'dynamodb:Query',
  ]);
});
