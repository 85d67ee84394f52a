import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  DescribeDocumentCommand,
  DescribeInstanceAssociationsStatusCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { policy } from '../support/policy.ts';

export const instanceId = 'i-0123456789abcdef0';
export const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-AbCdEf';

/** What the cloud side of a well deployed service has; a test breaks one thing of it. */
export class Account {
  readonly stacks = new Map<string, { status: string; outputs: Record<string, string> }>();
  readonly parameters = new Map<string, string>();
  readonly secret: { current?: string; previous?: string } = {};
  agent: string | undefined = 'Online';
  /** How the last "prepare" by Systems Manager ended, and the versions of the document. */
  association: { Status: string; ExecutionSummary?: string } | undefined = { Status: 'Success' };
  document = { LatestVersion: '3', DefaultVersion: '3' };
  state: Record<string, unknown> = { service: 'web', phase: 'home', inspectedAt: Date.now() - 120_000 };
  heartbeatAt: number | undefined = Date.now() - 3000;
  traffic: { at: number; to: string; since: number } | undefined;
  subscriptions: { Endpoint: string; SubscriptionArn: string }[] = [];
  /** What becomes of "prepare": the host writes its certificate, or the script fails with this. */
  prepare: { certificate: string } | { failure: string } = { failure: 'nothing was set up' };

  readonly cloudFormation = mockClient(CloudFormationClient);
  readonly ssm = mockClient(SSMClient);
  readonly secrets = mockClient(SecretsManagerClient);
  readonly lambda = mockClient(LambdaClient);
  readonly sns = mockClient(SNSClient);
  readonly ec2 = mockClient(EC2Client);

  constructor() {
    this.cloudFormation.on(DescribeStacksCommand).callsFake(({ StackName }) => {
      const stack = this.stacks.get(StackName);
      // The words of CloudFormation: an error without a class of its own.
      if (!stack)
        throw Object.assign(new Error(`Stack with id ${StackName} does not exist`), {
          name: 'ValidationError',
        });
      const Outputs = Object.entries(stack.outputs).map(([OutputKey, OutputValue]) => ({
        OutputKey,
        OutputValue,
      }));
      return { Stacks: [{ StackName, StackStatus: stack.status, Outputs }] };
    });
    this.#mockSystemsManager();
    this.#mockSecrets();
    this.lambda.on(InvokeCommand).callsFake(() => ({
      Payload: Buffer.from(
        JSON.stringify({
          accepted: true,
          message: '',
          reason: 'primary-healthy',
          state: this.state,
          evidence: { upAt: this.heartbeatAt, ...(this.traffic && { traffic: this.traffic }) },
          policy,
          at: Date.now(),
          table: 'shop-state',
        }),
      ),
    }));
    this.sns.on(ListSubscriptionsByTopicCommand).callsFake(() => ({ Subscriptions: this.subscriptions }));
  }

  #mockSystemsManager(): void {
    this.ssm.on(GetParameterCommand).callsFake(({ Name }) => {
      const Value = this.parameters.get(Name);
      if (Value === undefined) throw new ParameterNotFound({ message: Name, $metadata: {} });
      return { Parameter: { Name, Value } };
    });
    this.ssm.on(PutParameterCommand).callsFake(({ Name, Value }) => void this.parameters.set(Name, Value));
    this.ssm.on(DescribeInstanceInformationCommand).callsFake(() => ({
      InstanceInformationList:
        this.agent === undefined ? [] : [{ InstanceId: instanceId, PingStatus: this.agent }],
    }));
    this.ssm.on(DescribeInstanceAssociationsStatusCommand).callsFake(() => ({
      InstanceAssociationStatusInfos: this.association ? [{ Name: 'shop-web', ...this.association }] : [],
    }));
    this.ssm.on(DescribeDocumentCommand).callsFake(() => ({ Document: this.document }));
    this.ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'command-1' } });
    this.ssm.on(GetCommandInvocationCommand).callsFake(() => {
      if ('failure' in this.prepare) return { Status: 'Failed', StandardErrorContent: this.prepare.failure };
      this.parameters.set('/shop/standby/certificate', this.prepare.certificate);
      return { Status: 'Success' };
    });
  }

  #mockSecrets(): void {
    this.secrets.on(GetSecretValueCommand).callsFake(({ VersionStage }) => {
      const SecretString = VersionStage === 'AWSPREVIOUS' ? this.secret.previous : this.secret.current;
      if (SecretString === undefined)
        throw new ResourceNotFoundException({ message: VersionStage, $metadata: {} });
      return { SecretString };
    });
    this.secrets.on(PutSecretValueCommand).callsFake(({ SecretString }) => {
      Object.assign(this.secret, { previous: this.secret.current, current: SecretString });
    });
  }
}
