import { describe, expect, it } from 'vitest';
import {
  configOf,
  configs,
  documentsIn,
  ofType,
  type Resource,
  resourcesOf,
  type Statement,
} from './templates.ts';

/** Who may come in from outside, over every resource of every stack of every configuration that is shipped. */

/** Conditions that bind a principal to one account, one resource or one network. */
const binding = ['aws:SourceArn', 'aws:SourceAccount', 'aws:PrincipalOrgID', 'kms:CallerAccount'];

const isBound = ({ Condition = {} }: Statement) =>
  Object.values(Condition).some((operands) =>
    Object.keys(operands as object).some((key) => binding.includes(key)),
  );
const isAnybody = (principal: unknown): boolean =>
  principal === '*' ||
  (typeof principal === 'object' &&
    Object.values(principal ?? {})
      .flat()
      .includes('*'));
const isService = (principal: unknown) =>
  typeof principal === 'object' && principal !== null && 'Service' in principal;

/** What is open to anybody, in words; nothing is a finding that depends on how a resource is named. */
function openings(resources: ReadonlyMap<string, Resource>): string[] {
  return [...resources].flatMap(([name, { Type, Properties }]) => {
    const statements = documentsIn(Properties).flat();
    const isTrust = Type === 'AWS::IAM::Role';
    return [
      ...statements
        .filter(({ Effect, Principal }) => Effect === 'Allow' && isAnybody(Principal))
        .filter((statement) => !isBound(statement))
        .map(({ Action }) => `${name}: anybody may ${Action}`),
      ...statements
        .filter(({ Effect, Principal }) => Effect === 'Allow' && !isTrust && isService(Principal))
        .filter((statement) => !isBound(statement))
        .map(
          ({ Principal, Action }) => `${name}: ${JSON.stringify(Principal)} may ${Action} for any account`,
        ),
      ...(Type === 'AWS::Lambda::Url' ? [`${name}: a function has a public address`] : []),
      ...(Type === 'AWS::Lambda::Permission' && !Properties.SourceArn
        ? [`${name}: ${Properties.Principal} may invoke a function for any account`]
        : []),
      ...ingressOf(Type, Properties)
        .filter(isOpen)
        .map((rule) => `${name}: port ${rule.FromPort} is open to all`),
    ];
  });
}

type Ingress = { readonly CidrIp?: unknown; readonly CidrIpv6?: unknown; readonly FromPort?: number };

function ingressOf(type: string, properties: Record<string, unknown>): Ingress[] {
  if (type === 'AWS::EC2::SecurityGroupIngress') return [properties as Ingress];
  return type === 'AWS::EC2::SecurityGroup' ? ((properties.SecurityGroupIngress ?? []) as Ingress[]) : [];
}

const isOpen = ({ CidrIp, CidrIpv6 }: Ingress) => CidrIp === '0.0.0.0/0' || CidrIpv6 === '::/0';

describe.each(configs)('%s', (file) => {
  const resources = resourcesOf(configOf(file));

  it('nothing is open to anybody, but with DNS failover the port that clients outside call', () => {
    expect(resources.size).toBeGreaterThan(40);
    const forClients = [expect.stringMatching(/^StandbyStack\/SiteOnly\w*: port 443 is open to all$/)];
    expect(openings(resources)).toEqual(configOf(file).dns ? forClients : []);
  });

  it('but one route', () => {
    expect(ofType(resources, 'AWS::ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey)).toEqual([
      'POST /failover',
    ]);
    expect(ofType(resources, 'AWS::ApiGatewayV2::Api')).toHaveLength(1);
    expect([...resources.values()].filter(({ Type }) => Type.startsWith('AWS::ApiGateway::'))).toEqual([]);
  });

  it('functions are invoked by the API and by our own rules, each named', () => {
    const permissions = ofType(resources, 'AWS::Lambda::Permission');
    expect(permissions.map(({ Principal }) => Principal).sort()).toEqual([
      'apigateway.amazonaws.com',
      'events.amazonaws.com',
      'events.amazonaws.com',
      'events.amazonaws.com',
    ]);
    for (const { Principal, SourceArn } of permissions) {
      if (Principal === 'events.amazonaws.com')
        expect(SourceArn).toEqual({ 'Fn::GetAtt': [expect.any(String), 'Arn'] });
      else expect(JSON.stringify(SourceArn)).toContain('/failover"');
    }
  });

  it('only our alarms write to people by the policy of the topic, and only over TLS', () => {
    const [policy] = documentsIn(ofType(resources, 'AWS::SNS::TopicPolicy'));
    const [tls, alarms, ...others] = policy ?? [];
    expect(others).toEqual([]);
    expect(tls).toMatchObject({
      Effect: 'Deny',
      Principal: '*',
      Action: 'sns:Publish',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(alarms).toMatchObject({
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
    const pattern = JSON.stringify(alarms?.Condition?.ArnLike);
    const prefix = /:alarm:([a-z-]+-)\*"/.exec(pattern)?.[1] ?? 'no pattern';
    for (const { AlarmName } of ofType(resources, 'AWS::CloudWatch::Alarm'))
      expect(String(AlarmName).startsWith(prefix), `${AlarmName} is not ${pattern}`).toBe(true);
  });

  it('our rules and nobody else put dead letters into the queue', () => {
    const statements = documentsIn(ofType(resources, 'AWS::SQS::QueuePolicy')).flat();
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toHaveLength(3);
    for (const statement of allowed) {
      expect(statement).toMatchObject({
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [expect.any(String), 'Arn'] } } },
      });
    }
  });
});

describe('the check itself', () => {
  const found = (Type: string, Properties: Record<string, unknown>) =>
    openings(new Map([['X', { Type, Properties }]]));
  const policy = (statement: object) => ({
    PolicyDocument: { Statement: [{ Effect: 'Allow', ...statement }] },
  });

  it.each([
    ['AWS::SNS::TopicPolicy', policy({ Principal: '*', Action: 'sns:Publish' })],
    ['AWS::SQS::QueuePolicy', policy({ Principal: { AWS: ['*'] }, Action: 'sqs:*' })],
    [
      'AWS::SNS::TopicPolicy',
      policy({ Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'sns:Publish' }),
    ],
    ['AWS::Lambda::Url', { AuthType: 'NONE' }],
    ['AWS::Lambda::Permission', { Principal: 'events.amazonaws.com' }],
    ['AWS::EC2::SecurityGroup', { SecurityGroupIngress: [{ CidrIp: '0.0.0.0/0', FromPort: 22 }] }],
    ['AWS::EC2::SecurityGroupIngress', { CidrIpv6: '::/0', FromPort: 22 }],
  ])('finds an open %s', (type, properties) => {
    expect(found(type, properties)).toHaveLength(1);
  });
});
