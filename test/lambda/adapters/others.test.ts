import {
  DescribeInstancesCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { lambdaWaker } from '../../../lambda/adapters/lambda-waker.ts';
import { secretTokens } from '../../../lambda/adapters/secret-tokens.ts';
import { snsMail } from '../../../lambda/adapters/sns-mail.ts';
import type { Entry } from '../../../lambda/domain/history.ts';
import { ec2Capacity } from '../../../lambda/kinds/ec2/capacity.ts';
import { message } from '../../../lambda/mail.ts';

describe('the host', () => {
  const aws = mockClient(EC2Client);
  const host = ec2Capacity('i-1', async () => new EC2Client({}));
  beforeEach(() => aws.reset());

  it('says what state the instance is in', async () => {
    aws.on(DescribeInstancesCommand, { InstanceIds: ['i-1'] }).resolves({
      Reservations: [{ Instances: [{ State: { Name: 'stopping' } }] }],
    });
    expect(await host.state()).toBe('stopping');
  });

  it('does not make up a state', async () => {
    aws.on(DescribeInstancesCommand).resolves({ Reservations: [] });
    await expect(host.state()).rejects.toThrow(/received undefined, expected one of pending/);
  });

  it('starts the instance as it is', async () => {
    aws.on(StartInstancesCommand).resolves({});
    expect(await host.start()).toBe('requested');
    expect(aws.commandCalls(StartInstancesCommand)[0]?.args[0].input).toEqual({ InstanceIds: ['i-1'] });
    expect(aws.commandCalls(ModifyInstanceAttributeCommand)).toEqual([]);
  });

  it('changes its type first when it is to be another one', async () => {
    aws.on(StartInstancesCommand).resolves({});
    aws.on(ModifyInstanceAttributeCommand).resolves({});
    await host.start('t3a.small');
    expect(aws.calls().map(({ args }) => args[0].input)).toEqual([
      { InstanceId: 'i-1', InstanceType: { Value: 't3a.small' } },
      { InstanceIds: ['i-1'] },
    ]);
  });

  it('says that there is no capacity, and throws what else goes wrong', async () => {
    const error = (name: string) => Object.assign(new Error('as EC2 said'), { name });
    aws.on(StartInstancesCommand).rejectsOnce(error('InsufficientInstanceCapacity')).rejects(error('Other'));
    expect(await host.start()).toBe('no-capacity');
    await expect(host.start()).rejects.toThrow('as EC2 said');
  });

  it('stops the instance', async () => {
    aws.on(StopInstancesCommand).resolves({});
    await host.stop();
    expect(aws.commandCalls(StopInstancesCommand)[0]?.args[0].input).toEqual({ InstanceIds: ['i-1'] });
  });
});

describe('the waker', () => {
  it('does not wait for the reconciler', async () => {
    const aws = mockClient(LambdaClient);
    aws.on(InvokeCommand).resolves({});
    await lambdaWaker(new LambdaClient({}), 'reconciler').wake(['api']);
    expect(aws.commandCalls(InvokeCommand)[0]?.args[0].input).toEqual({
      FunctionName: 'reconciler',
      InvocationType: 'Event',
      Payload: '{"services":["api"]}',
    });
  });
});

describe('mail', () => {
  const aws = mockClient(SNSClient);
  const send = snsMail(new SNSClient({}), 'arn:topic');
  const base: Entry = {
    id: '1',
    service: 'api',
    kind: 'failover-started',
    epoch: 1,
    at: 0,
    reason: 'primary-down',
  };
  beforeEach(() => aws.reset());

  it('publishes the mail of the entry', async () => {
    aws.on(PublishCommand).resolves({});
    await send(base);
    const { subject, body } = message(base);
    expect(aws.commandCalls(PublishCommand)[0]?.args[0].input).toEqual({
      TopicArn: 'arn:topic',
      Subject: subject,
      Message: body,
    });
  });
});

describe('the tokens', () => {
  const aws = mockClient(SecretsManagerClient);
  const good = 'x'.repeat(43);
  const old = 'y'.repeat(43);
  const none = new ResourceNotFoundException({ message: 'no such label', $metadata: {} });
  let now = 0;
  const tokens = () => secretTokens(new SecretsManagerClient({}), 'arn:secret', () => now);
  const reads = () => aws.commandCalls(GetSecretValueCommand).length;
  const label = (VersionStage: string) =>
    aws.on(GetSecretValueCommand, { SecretId: 'arn:secret', VersionStage });
  beforeEach(() => aws.reset());

  it('are the values of two staging labels', async () => {
    label('AWSCURRENT').resolves({ SecretString: good });
    label('AWSPREVIOUS').resolves({ SecretString: old });
    const source = tokens();
    expect(await source.current(120)).toBe(good);
    expect(await source.previous(120)).toBe(old);
  });

  it('are read again only when the copy is too old', async () => {
    aws.on(GetSecretValueCommand).resolves({ SecretString: `${good}\n` });
    const source = tokens();
    expect(await source.current(300)).toBe(good);
    now += 299_999;
    await source.current(300);
    expect(reads()).toBe(1);
    now += 1;
    await source.current(300);
    expect(reads()).toBe(2);
  });

  it('there need not be a previous one, and that is remembered too; without a current one nothing works', async () => {
    aws.on(GetSecretValueCommand).rejects(none);
    const source = tokens();
    expect([await source.previous(120), await source.previous(120)]).toEqual([undefined, undefined]);
    expect(reads()).toBe(1);
    await expect(source.current(120)).rejects.toThrow(
      'webhook token unreadable: arn:secret has no value yet',
    );
  });

  it('a failure is asked about once a second, however many want to know', async () => {
    aws.on(GetSecretValueCommand).rejectsOnce(new Error('throttled')).resolves({ SecretString: good });
    const source = tokens();
    for (let i = 0; i < 100; i++) await expect(source.current(0)).rejects.toThrow('throttled');
    expect(reads()).toBe(1);
    now += 1000;
    expect(await source.current(120)).toBe(good);
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['too short to be one', 'secret'],
    ['of several words', `${good} ${good}`],
  ])('are refused when %s', async (_, SecretString) => {
    aws.on(GetSecretValueCommand).resolves({ SecretString });
    await expect(tokens().current(300)).rejects.toThrow(/webhook token unreadable: received \d+ characters/);
  });
});
