import { afterAll, describe, expect, test } from 'vitest';
import { readFunctions } from '../../../drill/cloud/function-settings.ts';
import { readHttpApi } from '../../../drill/cloud/services/routes.ts';
import { readDocument } from '../../../drill/cloud/services/ssm-document.ts';
import { loadAssembly } from '../../../drill/cloud/template.ts';
import type { Json } from '../../../drill/cloud/values.ts';
import { buildApp } from '../../../lib/app.ts';
import { loadConfig } from '../../../lib/config/load.ts';
import { temporaryFolder, writeAssembly } from './fixture.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

/** Resolves one value inside a stack with a few things to refer to. */
function resolved(value: unknown, more: Json = {}): unknown {
  const template = {
    Parameters: {
      Plain: { Type: 'String', Default: 'plain' },
      Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: '/aws/ami' },
      Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/other/host' },
      Open: { Type: 'String' },
    },
    Mappings: { Sizes: { small: { disk: '8' } } },
    Conditions: { Yes: { 'Fn::Equals': ['a', 'a'] }, No: { 'Fn::Not': [{ Condition: 'Yes' }] } },
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q' } },
      Probe: { Type: 'AWS::SNS::Topic', Properties: { value: value } },
      ...more,
    },
  };
  const other = {
    Resources: {
      Host: { Type: 'AWS::EC2::Instance', Properties: {} },
      Id: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/other/host', Value: { Ref: 'Host' } } },
    },
    Outputs: { Out: { Value: { Ref: 'Host' }, Export: { Name: 'other:host' } } },
  };
  const assembly = loadAssembly(writeAssembly(folder.path, { one: template, other }));
  return assembly.ofType('AWS::SNS::Topic')[0]?.properties.value;
}

const queueArn = 'arn:aws:sqs:eu-west-1:123456789012:q';

describe('intrinsic functions', () => {
  test.each<[string, unknown, unknown]>([
    ['Ref to a resource', { Ref: 'Queue' }, 'https://sqs.eu-west-1.amazonaws.com/123456789012/q'],
    ['Ref to a parameter', { Ref: 'Plain' }, 'plain'],
    ['Ref to an AMI parameter', { Ref: 'Image' }, expect.stringMatching(/^ami-[0-9a-f]{17}$/)],
    [
      'a parameter of the store that another stack writes',
      { Ref: 'Stored' },
      expect.stringMatching(/^i-[0-9a-f]{17}$/),
    ],
    ['pseudo parameters', [{ Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }], ['eu-west-1', '123456789012']],
    ['NoValue drops the member', { a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, queueArn],
    ['GetAtt as text', { 'Fn::GetAtt': 'Queue.Arn' }, queueArn],
    ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'Plain' }]] }, 'a-plain'],
    [
      'Sub',
      { 'Fn::Sub': `\${Plain} \${Queue.Arn} \${!Plain} \${AWS::Partition}` },
      `plain ${queueArn} \${Plain} aws`,
    ],
    ['Sub with variables', { 'Fn::Sub': [`\${x}`, { x: { Ref: 'Plain' } }] }, 'plain'],
    ['Select and Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b'] }] }, 'b'],
    ['ImportValue', { 'Fn::ImportValue': 'other:host' }, expect.stringMatching(/^i-/)],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', 'small', 'disk'] }, '8'],
    ['If', { 'Fn::If': ['No', 1, { 'Fn::If': ['Yes', 2, 3] }] }, 2],
    ['Base64', { 'Fn::Base64': 'hi' }, 'aGk='],
    [
      'a policy condition is no intrinsic function',
      { Condition: { StringEquals: {} } },
      { Condition: { StringEquals: {} } },
    ],
  ])('%s', (_name, value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  test.each<[string, unknown, RegExp]>([
    ['an unknown function', { 'Fn::Cidr': [] }, /one uses Fn::Cidr, which the drill cannot resolve/],
    ['a missing resource', { Ref: 'Nope' }, /refers to the resource Nope, which does not exist/],
    ['a missing attribute', { 'Fn::GetAtt': ['Queue', 'Nope'] }, /refers to the attribute Queue\.Nope/],
    ['a missing export', { 'Fn::ImportValue': 'nope' }, /refers to the export nope/],
    ['a parameter without a default', { Ref: 'Open' }, /the parameter Open without a default/],
    ['a dynamic reference', '{{resolve:ssm:/a}}', /the dynamic reference \{\{resolve:ssm:\/a\}\}/],
  ])('%s stops the drill', (_name, value, message) => {
    expect(() => resolved(value)).toThrow(message);
  });

  test('an unknown resource type stops the drill', () => {
    expect(() => resolved(1, { New: { Type: 'AWS::New::Thing' } })).toThrow(
      /one\/New has the type AWS::New::Thing, which the drill does not know/,
    );
  });

  test('a resource whose condition is false does not exist', () => {
    const queue = { Type: 'AWS::SQS::Queue', Condition: 'No', Properties: {} };
    resolved(1, { Extra: queue });
    expect(
      loadAssembly(folder.path)
        .ofType('AWS::SQS::Queue')
        .map(({ id }) => id),
    ).toEqual(['Queue']);
  });
});

test('a folder without an assembly is refused', () => {
  expect(() => loadAssembly('/nowhere')).toThrow(
    /the cloud assembly cannot be read: .*synthesize the CDK app again/,
  );
});

describe('the real app', () => {
  const assembly = (() => {
    const outdir = `${folder.path}/real`;
    buildApp(loadConfig('failover.yaml'), { outdir, context: { 'aws:cdk:bundling-stacks': [] } }).synth();
    return loadAssembly(outdir);
  })();

  test('everything in it is known to the drill', () => {
    const functions = readFunctions(assembly);
    expect(functions).toHaveLength(2);
    const find = (arn: string) => functions.find((one) => one.arn === arn);
    const api = readHttpApi(assembly, { find } as Parameters<typeof readHttpApi>[1]);
    expect(api.routes.map(({ key }) => key)).toEqual(['POST /failover']);
    const [document] = assembly.ofType('AWS::SSM::Document').map(readDocument);
    const { script } = document?.bind({
      action: ['start'],
      epoch: ['7'],
      serial: ['9'],
      inCharge: ['standby'],
      wakeFrom: ['0'],
    }) ?? { script: '' };
    expect(script).toContain("ACTION='start'");
    expect(script).not.toMatch(/\{\{/);
  });

  test('the one who decides acts on the instance that the other stack makes; the receiver need not know it', () => {
    const [instance] = assembly.ofType('AWS::EC2::Instance');
    const told = readFunctions(assembly).map(({ name, environment }) => [
      name,
      JSON.stringify(environment).includes(instance?.ref ?? '-'),
    ]);
    expect(told.sort()).toEqual([
      ['hybrid-failover-receiver', false],
      ['hybrid-failover-reconciler', true],
    ]);
  });
});
