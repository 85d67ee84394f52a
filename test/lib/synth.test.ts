import { fileURLToPath } from 'node:url';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';
import { describe, expect, it, test } from 'vitest';
import { buildApp } from '../../lib/app.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { hostScript } from '../../lib/host/script.ts';
import { policyOf } from '../../lib/policy.ts';

type Statement = { Effect: string; Action: string | string[]; Resource: unknown; Condition?: unknown };
type Resource = {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
};

/** Without bundling: these tests are about the templates. */
function synth(file: string): Record<string, Template> {
  const config = loadConfig(fileURLToPath(new URL(`../../${file}`, import.meta.url)));
  const { stacks } = buildApp(config, { context: { 'aws:cdk:bundling-stacks': [] } }).synth();
  return Object.fromEntries(
    stacks.map((stack: CloudFormationStackArtifact) => [stack.id, Template.fromJSON(stack.template)]),
  );
}

const modes = {
  'created host': synth('failover.yaml'),
  'own instance': synth('docs/examples/own-instance.yaml'),
  'several services': synth('docs/examples/several-services.yaml'),
  'pilot light': synth('docs/examples/pilot-light.yaml'),
  'dns failover': synth('docs/examples/dns-failover.yaml'),
};
const each = Object.entries(modes);

const stackOf = (stacks: Record<string, Template>, id: string) => {
  const template = stacks[id];
  if (!template) throw new Error(`no ${id} among ${Object.keys(stacks)}`);
  return template;
};
const ofType = (template: Template, type: string) =>
  Object.values(template.findResources(type)) as Resource[];
const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const statements = (template: Template) =>
  ofType(template, 'AWS::IAM::Policy').flatMap(
    ({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
  );
const statementsOf = (template: Template, role: RegExp) =>
  ofType(template, 'AWS::IAM::Policy')
    .filter(({ Properties }) => role.test(JSON.stringify(Properties.Roles)))
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);
const actions = (all: Statement[]) => all.flatMap(({ Action }) => list(Action)).sort();

describe('which stacks there are', () => {
  it('a host is created unless the config names one', () => {
    expect(Object.keys(modes['created host']).sort()).toEqual(['FailoverStack', 'StandbyStack']);
    expect(Object.keys(modes['own instance'])).toEqual(['FailoverStack']);
  });
});

describe.each(each)('%s', (_, stacks) => {
  const template = stackOf(stacks, 'FailoverStack');

  it('no resource is "*" where the API can name one', () => {
    const apisWithoutResources = [
      'ssm:GetCommandInvocation',
      'ec2:DescribeInstances',
      'ecr:GetAuthorizationToken',
    ];
    for (const each of Object.values(stacks)) {
      for (const { Action, Resource } of statements(each)) {
        if (list(Resource).includes('*'))
          expect(apisWithoutResources).toEqual(expect.arrayContaining(list(Action)));
        expect(list(Action).filter((action) => action.includes('*'))).toEqual([]);
      }
    }
  });

  it('the table is retained, protected and can be restored to any second', () => {
    const [table, ...others] = ofType(template, 'AWS::DynamoDB::Table');
    expect(others).toEqual([]);
    expect(table).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        BillingMode: 'PAY_PER_REQUEST',
      },
    });
  });

  it('each function has a role of its own', () => {
    const roles = ofType(template, 'AWS::Lambda::Function').map(({ Properties }) =>
      JSON.stringify(Properties.Role),
    );
    expect(roles).toHaveLength(2);
    expect(new Set(roles).size).toBe(2);
  });

  it('the receiver cannot reach the host: it records evidence, wakes the reconciler, reads the token, writes its log', () => {
    const receiver = statementsOf(template, /Receiver/);
    expect(actions(receiver)).toEqual([
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'secretsmanager:GetSecretValue',
    ]);
    const table = receiver.filter(({ Action }) =>
      list(Action).some((action) => action.startsWith('dynamodb:')),
    );
    expect(table.map(({ Condition }) => Condition)).toEqual([
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['evidence#*'] } },
    ]);
  });

  it('the reconciler may send our documents to our host and nothing else', () => {
    const send = statementsOf(template, /Reconciler/).filter(({ Action }) =>
      list(Action).includes('ssm:SendCommand'),
    );
    const named = JSON.stringify(send);
    for (const { Resource } of send) expect(list(Resource)).not.toContain('*');
    expect(named).not.toContain('AWS-RunShellScript');
    expect(named).toContain(':instance/');
  });

  it('one rule for each kind of event, each with a dead-letter queue', () => {
    const rules = ofType(template, 'AWS::Events::Rule').map(({ Properties }) => Properties);
    const kinds = rules.map((rule) => {
      const pattern = rule.EventPattern as { 'detail-type': string[] } | undefined;
      return pattern?.['detail-type'].join() ?? rule.ScheduleExpression;
    });
    expect(kinds.sort()).toEqual([
      'EC2 Command Invocation Status-change Notification',
      'EC2 Instance State-change Notification',
      'rate(1 minute)',
    ]);
    for (const { Targets } of rules)
      expect(Targets).toEqual([expect.objectContaining({ DeadLetterConfig: expect.anything() })]);
  });

  it('the host runs our script, and callers choose an action and the words of a decision, all constrained', () => {
    const documents = ofType(template, 'AWS::SSM::Document');
    expect(documents.length).toBeGreaterThan(0);
    for (const { Properties } of documents) {
      const content = Properties.Content as {
        parameters: unknown;
        mainSteps: { inputs: { runCommand: unknown[] } }[];
      };
      expect(content.parameters).toEqual({
        action: expect.objectContaining({ allowedValues: ['start', 'stop', 'tell', 'prepare', 'inspect'] }),
        epoch: expect.objectContaining({ allowedPattern: '^[0-9]{1,15}$' }),
        serial: expect.objectContaining({ allowedPattern: '^[0-9]{1,15}$' }),
        inCharge: expect.objectContaining({ allowedValues: ['primary', 'standby'] }),
        wakeFrom: expect.objectContaining({ allowedPattern: '^[0-9]{1,12}$' }),
      });
      const lines = content.mainSteps[0]?.inputs.runCommand.map((line) => JSON.stringify(line)) ?? [];
      // Systems Manager would take them for its parameters, wherever they stand.
      expect(JSON.stringify(template.toJSON().Mappings)).not.toContain('{{');
      expect(lines.filter((line) => line.includes('{{'))).toEqual([
        `"ACTION='{{ action }}'"`,
        `"EPOCH='{{ epoch }}'"`,
        `"SERIAL='{{ serial }}'"`,
        `"IN_CHARGE='{{ inCharge }}'"`,
        `"WAKE_FROM='{{ wakeFrom }}'"`,
      ]);
    }
  });

  it('throttling is far above what alerts need, because Alertmanager drops a 429', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 1000 },
    });
  });

  it('logs end, dead letters are kept, and the token is never in the template', () => {
    for (const { Properties } of ofType(template, 'AWS::Logs::LogGroup'))
      expect(Properties.RetentionInDays).toBe(90);
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: Match.anyValue() },
    });
    template.hasResourceProperties('AWS::SecretsManager::Secret', { SecretString: Match.absent() });
  });

  it('the functions run the runtime that the drill runs', () => {
    template.allResourcesProperties('AWS::Lambda::Function', { Runtime: 'nodejs24.x' });
  });
});

describe('the created host', () => {
  const template = stackOf(modes['created host'], 'StandbyStack');

  it('speaks IMDSv2 only, has an encrypted disk and no key pair', () => {
    template.hasResourceProperties('AWS::EC2::Instance', {
      MetadataOptions: { HttpTokens: 'required' },
      KeyName: Match.absent(),
      BlockDeviceMappings: [Match.objectLike({ Ebs: Match.objectLike({ Encrypted: true }) })],
    });
  });

  it('is open to the site on the service port and the line, and to nobody else', () => {
    const [group] = ofType(template, 'AWS::EC2::SecurityGroup');
    expect(group?.Properties.SecurityGroupIngress).toEqual([
      {
        CidrIp: '203.0.113.7/32',
        FromPort: 8080,
        ToPort: 8080,
        IpProtocol: 'tcp',
        Description: 'api from the site',
      },
      {
        CidrIp: '203.0.113.7/32',
        FromPort: 7443,
        ToPort: 7443,
        IpProtocol: 'tcp',
        Description: 'The line from the site',
      },
    ]);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  it('may write its own certificate and identity, and no other parameter', () => {
    const about = statements(template).filter(({ Action }) =>
      list(Action).some((action) => action.startsWith('ssm:')),
    );
    const named = about.map(({ Action, Resource }) => [
      Action,
      list(Resource).map((arn) => /parameter\/([\w/-]*)/.exec(JSON.stringify(arn))?.[1]),
    ]);
    expect(named).toEqual([
      ['ssm:PutParameter', ['hybrid-failover/standby/certificate', 'hybrid-failover/standby/identity']],
    ]);
    expect(actions(statements(template))).not.toContain('secretsmanager:GetSecretValue');
  });

  it('installs what its scripts need', () => {
    const [host] = ofType(template, 'AWS::EC2::Instance');
    expect(JSON.stringify(host?.Properties.UserData)).toContain(
      'dnf install -y docker amazon-ecr-credential-helper stunnel openssl',
    );
  });

  it('keeps its address over a stop', () => {
    template.resourceCountIs('AWS::EC2::EIP', 1);
  });

  it('pulls only from the repository of our own images', () => {
    const pull = statements(template).filter(({ Action }) => list(Action).includes('ecr:BatchGetImage'));
    expect(JSON.stringify(pull.map(({ Resource }) => Resource))).toContain('cdk-hnb659fds-container-assets-');
  });
});

describe('DNS failover', () => {
  const template = stackOf(modes['dns failover'], 'StandbyStack');

  it('only with it are there records, a health check and an open port', () => {
    const without = stackOf(modes['created host'], 'StandbyStack');
    without.resourceCountIs('AWS::Route53::RecordSet', 0);
    without.resourceCountIs('AWS::Route53::HealthCheck', 0);
    expect(JSON.stringify(ofType(without, 'AWS::EC2::SecurityGroup'))).not.toContain(
      '0.0.0.0/0","Description":"api',
    );
  });

  it('one name: the site while it answers, else the host', () => {
    template.hasResourceProperties('AWS::Route53::HealthCheck', {
      HealthCheckConfig: {
        Type: 'HTTPS',
        IPAddress: '203.0.113.7',
        Port: 443,
        FullyQualifiedDomainName: 'api.example.com',
        EnableSNI: true,
        ResourcePath: '/health',
        RequestInterval: 10,
        FailureThreshold: 3,
      },
    });
    const records = ofType(template, 'AWS::Route53::RecordSet').map(({ Properties }) => Properties);
    const common = { Name: 'api.example.com.', Type: 'A', TTL: '30', HostedZoneId: 'Z0123456789ABCDEFGHIJ' };
    expect(records).toEqual([
      expect.objectContaining({
        ...common,
        Failover: 'PRIMARY',
        ResourceRecords: ['203.0.113.7'],
        HealthCheckId: expect.anything(),
      }),
      expect.objectContaining({
        ...common,
        Failover: 'SECONDARY',
        ResourceRecords: [{ 'Fn::GetAtt': ['Address', 'PublicIp'] }],
      }),
    ]);
    expect(records[1]?.HealthCheckId).toBeUndefined();
  });

  it('everybody reaches the port of the name, and only the site the others', () => {
    const rules = ofType(template, 'AWS::EC2::SecurityGroup')[0]?.Properties.SecurityGroupIngress as {
      CidrIp: string;
      FromPort: number;
    }[];
    expect(rules.map(({ CidrIp, FromPort }) => [CidrIp, FromPort])).toEqual([
      ['203.0.113.7/32', 8080],
      ['203.0.113.7/32', 7443],
      ['0.0.0.0/0', 443],
    ]);
  });

  it('the host reads the secret with the certificate, and the document names it', () => {
    const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:api.example.com-AbCdEf';
    expect(statements(template)).toContainEqual(
      expect.objectContaining({ Action: 'secretsmanager:GetSecretValue', Resource: secret }),
    );
    const documents = ofType(stackOf(modes['dns failover'], 'FailoverStack'), 'AWS::SSM::Document');
    expect(JSON.stringify(documents)).toContain(`PUBLIC_CERTIFICATE_SECRET='${secret}'`);
  });
});

describe('the certificates of the link', () => {
  it.each(each)('%s: two parameters that start empty, and an output for each', (_, stacks) => {
    const template = stackOf(stacks, 'FailoverStack');
    const values = ofType(template, 'AWS::SSM::Parameter').map(({ Properties }) => Properties.Value);
    expect(values).toEqual(['none', 'none']);
    template.hasOutput('SiteCertificateParameter', {
      Value: Match.stringLikeRegexp('^/.*/site/certificate$'),
    });
    template.hasOutput('StandbyCertificateParameter', {
      Value: Match.stringLikeRegexp('^/.*/standby/certificate$'),
    });
  });

  it('the container is published on the loopback address, beside the port of the link', () => {
    const template = stackOf(modes['several services'], 'FailoverStack').toJSON();
    const scripts = JSON.stringify([template.Resources, template.Mappings]);
    expect(scripts).toContain('"SITE_PORT=8080","LOOPBACK_PORT=18080"');
    expect(scripts).toContain('"SITE_PORT=8081","LOOPBACK_PORT=18081"');
    expect(scripts).toContain('--publish \\"127.0.0.1:$LOOPBACK_PORT:$CONTAINER_PORT\\"');
  });

  it('each document has an output of its own', () => {
    const template = stackOf(modes['several services'], 'FailoverStack');
    for (const name of ['DocumentNameShop', 'DocumentNameSearch']) template.hasOutput(name, {});
  });

  it('a document is far below the 64 KB that SSM takes', () => {
    const [document] = ofType(stackOf(modes['dns failover'], 'FailoverStack'), 'AWS::SSM::Document');
    const bytes = JSON.stringify([document?.Properties.Content, hostScript()]).length;
    expect(bytes).toBeLessThan(48_000);
  });
});

describe('several services', () => {
  const template = stackOf(modes['several services'], 'FailoverStack');

  test.each(['acme-shop', 'acme-search'])('%s has a document of its own', (Name) => {
    template.hasResourceProperties('AWS::SSM::Document', { Name });
  });

  it('every range of the site is let in', () => {
    const standby = stackOf(modes['several services'], 'StandbyStack');
    const rules = ofType(standby, 'AWS::EC2::SecurityGroup')[0]?.Properties.SecurityGroupIngress;
    // Two ranges; two services and the line.
    expect(rules).toHaveLength(6);
    expect(JSON.stringify(rules)).toContain('198.51.100.7/32');
  });
});

describe('the bundles', () => {
  test('each function has its own code', () => {
    const config = loadConfig(fileURLToPath(new URL('../../failover.yaml', import.meta.url)));
    const stack = buildApp(config).synth().getStackArtifact('FailoverStack');
    const code = ofType(Template.fromJSON(stack.template), 'AWS::Lambda::Function').map(({ Properties }) =>
      JSON.stringify(Properties.Code),
    );
    expect(new Set(code).size).toBe(2);
  });
});

describe('what the reconciler may do to the instance', () => {
  const of = (mode: keyof typeof modes) =>
    actions(statementsOf(stackOf(modes[mode], 'FailoverStack'), /Reconciler/)).filter((action) =>
      action.startsWith('ec2:'),
    );

  it('depends on what the configuration asks for', () => {
    expect(of('created host')).toEqual(['ec2:DescribeInstances', 'ec2:StartInstances']);
    expect(of('pilot light')).toEqual([
      'ec2:DescribeInstances',
      'ec2:ModifyInstanceAttribute',
      'ec2:StartInstances',
      'ec2:StopInstances',
    ]);
  });
});

describe('the policy that the functions are told', () => {
  const policyIn = (file: string) => {
    const config = loadConfig(fileURLToPath(new URL(`../../${file}`, import.meta.url)));
    const [service] = config.services;
    if (!service) throw new Error(`${file} has no service`);
    return policyOf(config, service);
  };

  it('has self-tests, unless a start has side effects', () => {
    expect(policyIn('failover.yaml').selfTestSeconds).toBe(7 * 86_400);
    const config = loadConfig(fileURLToPath(new URL('../../failover.yaml', import.meta.url)));
    const [service] = config.services;
    const careful = { ...config, policy: { ...config.policy, startOnSuspicion: false, selfTestHours: 24 } };
    expect(service && policyOf(careful, service).selfTestSeconds).toBe(0);
  });

  it('of a pilot light: nothing on suspicion, and other instance types in turn', () => {
    expect(policyIn('docs/examples/pilot-light.yaml')).toMatchObject({
      startOnSuspicion: false,
      pilotLight: true,
      instanceTypes: ['t3.small', 't3a.small', 't2.small'],
      hostIdleSeconds: 1800,
    });
    expect(policyIn('failover.yaml').instanceTypes).toEqual([]);
  });
});
