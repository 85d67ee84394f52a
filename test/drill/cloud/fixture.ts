import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../../drill/cloud/values.ts';

/** A folder that is removed after the tests of a file. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'drill-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Whether a process runs; one that is dead and not yet reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Writes an assembly as `cdk synth` would: one stack per template, and the functions' code as assets.
 * @param code source text of index.mjs by object key
 */
export function writeAssembly(
  folder: string,
  stacks: Record<string, Json>,
  code: Record<string, string> = {},
): string {
  const artifacts: Json = {};
  for (const [name, template] of Object.entries(stacks)) {
    writeFileSync(join(folder, `${name}.template.json`), JSON.stringify(template));
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      environment: 'aws://unknown-account/eu-west-1',
      properties: { templateFile: `${name}.template.json`, stackName: name },
    };
  }
  const files = Object.entries(code).map(([key, source]) => {
    mkdirSync(join(folder, `asset.${key}`), { recursive: true });
    writeFileSync(join(folder, `asset.${key}`, 'index.mjs'), source);
    const destinations = { here: { objectKey: `${key}.zip` } };
    return [key, { source: { path: `asset.${key}`, packaging: 'zip' }, destinations }];
  });
  writeFileSync(join(folder, 'all.assets.json'), JSON.stringify({ files: Object.fromEntries(files) }));
  artifacts['all.assets'] = { type: 'cdk:asset-manifest', properties: { file: 'all.assets.json' } };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts }));
  return folder;
}

const lambda = (key: string, more: Json = {}): Json => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { S3Bucket: 'assets', S3Key: `${key}.zip` },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
    ...more,
  },
});

/** A small stack with one of everything that the stand-in cloud serves. */
export const SMALL_STACK: Json = {
  Resources: {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { RoleName: 'worker-role', AssumeRolePolicyDocument: { Statement: [] } },
    },
    Host: { Type: 'AWS::EC2::Instance', Properties: {} },
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
    },
    Token: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: { GenerateSecretString: { PasswordLength: 20, ExcludePunctuation: true } },
    },
    Topic: { Type: 'AWS::SNS::Topic', Properties: {} },
    Mail: {
      Type: 'AWS::SNS::Subscription',
      Properties: { Protocol: 'email', Endpoint: 'people@example.com', TopicArn: { Ref: 'Topic' } },
    },
    Letters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } },
    Echo: lambda('echo', { FunctionName: 'echo', Environment: { Variables: { TABLE: { Ref: 'Table' } } } }),
    Fails: lambda('fails', { FunctionName: 'fails', Timeout: 1 }),
    Calls: lambda('calls', { FunctionName: 'calls' }),
    FailsConfig: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: 'Fails' },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 1,
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Letters', 'Arn'] } } },
      },
    },
    Document: {
      Type: 'AWS::SSM::Document',
      Properties: {
        Name: 'small',
        DocumentType: 'Command',
        Content: {
          schemaVersion: '2.2',
          parameters: {
            action: { type: 'String', allowedValues: ['start', 'stop', 'hang'] },
            epoch: { type: 'String', allowedPattern: '^[0-9]+$', default: '0' },
          },
          mainSteps: [
            {
              action: 'aws:runShellScript',
              name: 'run',
              inputs: {
                timeoutSeconds: '1',
                runCommand: [
                  'echo \'{{ action }} {{epoch}}\' >> "$FAILOVER_STATE_DIR/ran"',
                  "case '{{ action }}' in stop) echo no >&2; exit 3 ;; hang) sleep 60 ;; esac",
                  "echo '{{ action }} done'",
                ],
              },
            },
          ],
        },
      },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        State: 'ENABLED',
        EventPattern: {
          source: ['aws.ssm'],
          'detail-type': ['EC2 Command Invocation Status-change Notification'],
          detail: { status: ['Success', 'Failed'] },
        },
        Targets: [{ Arn: { 'Fn::GetAtt': ['Echo', 'Arn'] }, Id: 'Target0' }],
      },
    },
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'small', ProtocolType: 'HTTP' } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true },
    },
    EchoIntegration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': ['Echo', 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    },
    FailsIntegration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': ['Fails', 'Arn'] },
        PayloadFormatVersion: '2.0',
        TimeoutInMillis: 500,
      },
    },
    EchoRoute: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: 'POST /failover',
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'EchoIntegration' }]] },
      },
    },
    FailsRoute: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: 'GET /fails/{how}',
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'FailsIntegration' }]] },
      },
    },
  },
};

/** The code of its functions. */
export const SMALL_CODE: Record<string, string> = {
  echo: `export const handler = async (event, context) => {
    console.log(JSON.stringify({ message: 'echo', left: context.getRemainingTimeInMillis() }));
    if (event.version === '2.0') {
      return { statusCode: 201, headers: { 'X-Route': event.routeKey }, body: JSON.stringify({ event, env: process.env }) };
    }
    return { event, id: context.awsRequestId };
  };`,
  fails: `export const handler = async (event) => {
    if ((event.pathParameters?.how ?? event.how) === 'slowly') await new Promise((resolve) => setTimeout(resolve, 60_000));
    throw new TypeError('as asked');
  };`,
  // What an SDK client would send, without one.
  calls: `export const handler = async ({ times }) => {
    const { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN } = process.env;
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
      'x-amz-security-token': AWS_SESSION_TOKEN,
      authorization: 'AWS4-HMAC-SHA256 Credential=' + AWS_ACCESS_KEY_ID + '/x',
    };
    const statuses = [];
    for (let n = 0; n < times; n++)
      statuses.push((await fetch(AWS_ENDPOINT_URL, { method: 'POST', headers, body: '{"SecretId":"x"}' })).status);
    return statuses;
  };`,
};
