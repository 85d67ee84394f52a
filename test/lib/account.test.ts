import { CfnResource, Stack, TagManager } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { untagged } from '../../lib/app.ts';
import { appOf, configOf, configs, ofType, resourcesOf } from './templates.ts';

/** What an account may demand of every resource: tags, and a boundary around every role. */

const permissionsBoundaryArn = 'arn:aws:iam::123456789012:policy/team/boundary';
const tags = { owner: 'platform team', 'cost-center': '4711' };

describe.each(configs)('%s', (file) => {
  const config = configOf(file);

  it('every resource that takes tags has ours and the configured ones', () => {
    const app = appOf({ ...config, tags });
    const assembly = app.synth();
    const taggable = app.node
      .findAll()
      .filter((node) => CfnResource.isCfnResource(node))
      .filter(TagManager.isTaggable)
      .filter(({ cfnResourceType }) => !untagged.includes(cfnResourceType));
    expect(taggable.length).toBeGreaterThan(10);
    for (const node of taggable) {
      const stack = Stack.of(node);
      const { Resources } = assembly.getStackArtifact(stack.artifactId).template;
      const { Tags } = Resources[stack.resolve(node.logicalId)].Properties;
      const pairs = Array.isArray(Tags)
        ? Tags.map(({ Key, Value }) => [Key, Value])
        : Object.entries(Tags ?? {});
      expect(Object.fromEntries(pairs), node.node.path).toMatchObject({
        ...tags,
        project: 'hybrid-failover',
      });
    }
  });

  it('every role is inside the boundary, if there is one', () => {
    const bounded = ofType(resourcesOf({ ...config, permissionsBoundaryArn }), 'AWS::IAM::Role');
    expect(bounded.length).toBeGreaterThan(1);
    for (const role of bounded) expect(role.PermissionsBoundary).toBe(permissionsBoundaryArn);
    for (const role of ofType(resourcesOf(config), 'AWS::IAM::Role'))
      expect(role).not.toHaveProperty('PermissionsBoundary');
  });

  it('says by what name operators invoke the reconciler', () => {
    const { template } = appOf(config).synth().getStackArtifact('FailoverStack');
    const [, [{ Ref }, ...alias]] = template.Outputs.ReconcilerName.Value['Fn::Join'];
    expect(template.Resources[Ref].Properties.FunctionName).toBe(`${config.name}-reconciler`);
    expect(alias.join('')).toBe(':operators');
  });
});
