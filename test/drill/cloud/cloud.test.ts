import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeInstancesCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  GetCommandInvocationCommand,
  ListCommandsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { AwsError } from '../../../drill/cloud/aws-error.ts';
import type { Happening } from '../../../drill/cloud/happenings.ts';
import type { AccessRequest } from '../../../drill/cloud/iam/request.ts';
import { type Cloud, startCloud } from '../../../drill/cloud/index.ts';
import { loadAssembly } from '../../../drill/cloud/template.ts';
import { createProcessHost } from '../../../drill/host/docker-command.ts';
import { type MailSink, startMailSink } from '../../../drill/kit/mail-sink.ts';
import { SMALL_CODE, SMALL_STACK, temporaryFolder, writeAssembly } from './fixture.ts';

const folder = temporaryFolder();
const happenings: Happening[] = [];
let denied: (access: AccessRequest) => boolean;
let sink: MailSink;
let cloud: Cloud;

beforeAll(async () => {
  const assembly = loadAssembly(writeAssembly(folder.path, { small: SMALL_STACK }, SMALL_CODE));
  sink = await startMailSink();
  cloud = await startCloud({
    assembly,
    workDir: folder.path,
    host: createProcessHost(join(folder.path, 'host'), {}),
    smtpPort: sink.port,
    latencies: {
      dispatchSeconds: 0.05,
      eventSeconds: 0.01,
      mailSeconds: 0.01,
      instanceStartSeconds: 0.1,
      agentOnlineSeconds: 1,
      instanceStopSeconds: 0.1,
      asyncRetrySeconds: [0.05],
      invocationVisibleSeconds: 0.5,
    },
    authorize: (access) => !denied(access),
    onHappening: (happening) => happenings.push(happening),
  });
});

beforeEach(() => {
  happenings.length = 0;
  denied = () => false;
});

afterAll(async () => {
  await cloud.stop();
  await sink.stop();
  folder.remove();
});

/** Settings of an SDK client that talks to the cloud under test. */
function client(accessKeyId = cloud.operatorEnvironment.AWS_ACCESS_KEY_ID ?? '') {
  return {
    region: 'eu-west-1',
    endpoint: cloud.operatorEnvironment.AWS_ENDPOINT_URL ?? '',
    credentials: { accessKeyId, secretAccessKey: 'x' },
    maxAttempts: 1,
  };
}

/** Waits until a happening fits, and returns it. */
function happened<K extends Happening['kind']>(
  kind: K,
  fits: (happening: Extract<Happening, { kind: K }>) => boolean = () => true,
) {
  type Wanted = Extract<Happening, { kind: K }>;
  return vi.waitFor(
    () => {
      const found = happenings.find((one): one is Wanted => one.kind === kind && fits(one as Wanted));
      expect(found, `${kind} among ${JSON.stringify(happenings.map((one) => one.kind))}`).toBeDefined();
      return found as Wanted;
    },
    { timeout: 40_000, interval: 10 },
  );
}

const instanceId = () => cloud.instanceIds[0] ?? '';

describe('SSM', () => {
  const ssm = () => new SSMClient(client());
  const send = (parameters: Record<string, string[]>, more = {}) =>
    ssm().send(
      new SendCommandCommand({
        DocumentName: 'small',
        InstanceIds: [instanceId()],
        Parameters: parameters,
        ...more,
      }),
    );
  const readNow = (CommandId: string | undefined) =>
    ssm().send(new GetCommandInvocationCommand({ CommandId, InstanceId: instanceId() }));
  const read = (commandId: string | undefined) => vi.waitFor(() => readNow(commandId), { timeout: 40_000 });

  test('runs the script of the document on the host and announces its end', async () => {
    const { Command } = await send({ action: ['start'], epoch: ['12'] });
    expect(Command).toMatchObject({
      Status: 'Pending',
      DocumentName: 'small',
      Parameters: { action: ['start'], epoch: ['12'] },
    });
    const ended = await happened('script-ended');
    expect(ended).toMatchObject({ commandId: Command?.CommandId, status: 'Success', exitCode: 0 });
    expect(await read(Command?.CommandId)).toMatchObject({
      Status: 'Success',
      StatusDetails: 'Success',
      ResponseCode: 0,
      StandardOutputContent: 'start done\n',
    });
    expect(readFileSync(join(folder.path, 'host/state/ran'), 'utf8')).toContain('start 12\n');
    await happened('function-ended', (one) => one.function === 'Echo');
  });

  test('reports a script that fails', async () => {
    const { Command } = await send({ action: ['stop'] });
    await happened('script-ended');
    expect(await read(Command?.CommandId)).toMatchObject({
      Status: 'Failed',
      ResponseCode: 3,
      StandardErrorContent: 'no\n',
    });
  });

  test('ends a script at the time limit of its document, with all it started', async () => {
    const { Command } = await send({ action: ['hang'] });
    await happened('script-ended');
    expect(await read(Command?.CommandId)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'ExecutionTimedOut',
    });
  });

  test('runs one command at a time', async () => {
    await Promise.all([send({ action: ['start'], epoch: ['1'] }), send({ action: ['start'], epoch: ['2'] })]);
    await vi.waitFor(() => expect(happenings.filter(({ kind }) => kind === 'script-ended')).toHaveLength(2), {
      timeout: 40_000,
    });
    const order = happenings.map(({ kind }) => kind).filter((kind) => kind.startsWith('script-'));
    expect(order).toEqual(['script-started', 'script-ended', 'script-started', 'script-ended']);
  });

  test('an invocation is not known at once', async () => {
    const { Command } = await send({ action: ['start'] });
    await expect(readNow(Command?.CommandId)).rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
    await happened('script-ended');
  });

  test.each<[string, Record<string, string[]>, object, string]>([
    ['a value that is not allowed', { action: ['reboot'] }, {}, 'InvalidParameters'],
    ['a value that does not match', { action: ['start'], epoch: ['1; reboot'] }, {}, 'InvalidParameters'],
    ['an unknown parameter', { action: ['start'], commands: ['reboot'] }, {}, 'InvalidParameters'],
    ['a missing parameter', {}, {}, 'InvalidParameters'],
    ['two values', { action: ['start', 'stop'] }, {}, 'InvalidParameters'],
    ['an unknown document', { action: ['start'] }, { DocumentName: 'AWS-RunShellScript' }, 'InvalidDocument'],
    [
      'an unknown instance',
      { action: ['start'] },
      { InstanceIds: ['i-00000000000000000'] },
      'InvalidInstanceId',
    ],
    ['too short a delivery', { action: ['start'] }, { TimeoutSeconds: 5 }, 'ValidationException'],
  ])('refuses %s', async (_name, parameters, more, error) => {
    await expect(send(parameters, more)).rejects.toMatchObject({ name: error });
  });
});

describe('EC2', () => {
  const ec2 = () => new EC2Client(client());
  const state = async () => {
    const { Reservations } = await ec2().send(new DescribeInstancesCommand({ InstanceIds: [instanceId()] }));
    return Reservations?.[0]?.Instances?.[0]?.State?.Name;
  };

  test('an instance stops and starts, and takes commands only once its agent is back', async () => {
    expect(await state()).toBe('running');
    const InstanceIds = [instanceId()];
    const { StoppingInstances } = await ec2().send(new StopInstancesCommand({ InstanceIds }));
    expect(StoppingInstances?.[0]).toMatchObject({
      CurrentState: { Name: 'stopping' },
      PreviousState: { Name: 'running' },
    });
    await expect(ec2().send(new StartInstancesCommand({ InstanceIds }))).rejects.toMatchObject({
      name: 'IncorrectInstanceState',
    });
    const modify = (Value: string) =>
      ec2().send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId(), InstanceType: { Value } }));
    await expect(modify('t3a.small')).rejects.toMatchObject({ name: 'IncorrectInstanceState' });
    await happened('instance-state', (one) => one.state === 'stopped');
    await expect(modify('small')).rejects.toMatchObject({ name: 'InvalidInstanceAttributeValue' });
    expect(cloud.instanceType(instanceId())).toBe('t3.small');
    await modify('t3a.small');
    expect(cloud.instanceType(instanceId())).toBe('t3a.small');
    const { Reservations } = await ec2().send(new DescribeInstancesCommand({ InstanceIds }));
    expect(Reservations?.[0]?.Instances?.[0]?.InstanceType).toBe('t3a.small');
    const command = () =>
      new SSMClient(client()).send(
        new SendCommandCommand({ DocumentName: 'small', InstanceIds, Parameters: { action: ['start'] } }),
      );
    await expect(command()).rejects.toMatchObject({ name: 'InvalidInstanceId' });
    await ec2().send(new StartInstancesCommand({ InstanceIds }));
    await happened('instance-state', (one) => one.state === 'running');
    await expect(command()).rejects.toMatchObject({ name: 'InvalidInstanceId' });
    await vi.waitFor(command, { timeout: 40_000 });
    await happened('script-ended');
  });

  test.each([
    ['i-00000000000000000', 'InvalidInstanceID.NotFound'],
    ['host-1', 'InvalidInstanceID.Malformed'],
  ])('refuses %s', async (id, error) => {
    await expect(ec2().send(new DescribeInstancesCommand({ InstanceIds: [id] }))).rejects.toMatchObject({
      name: error,
    });
  });
});

describe('SNS', () => {
  const publish = (input: object) =>
    new SNSClient(client()).send(
      new PublishCommand({ TopicArn: happeningsTopic(), Message: 'text', ...input }),
    );
  const happeningsTopic = () => loadAssembly(folder.path).ofType('AWS::SNS::Topic')[0]?.ref ?? '';

  test('a published message really arrives as mail', async () => {
    const { MessageId } = await publish({ Subject: 'moved', Message: 'traffic is on the standby & more' });
    expect(MessageId).toMatch(/^[0-9a-f-]{36}$/);
    const mail = await sink.waitFor(({ subject }) => subject === 'moved', 5);
    expect(mail).toMatchObject({ to: ['people@example.com'] });
    expect(mail.text).toContain('traffic is on the standby & more');
  });

  test.each<[string, object, string]>([
    ['an unknown topic', { TopicArn: 'arn:aws:sns:eu-west-1:123456789012:nope' }, 'NotFoundException'],
    ['a subject of two lines', { Subject: 'a\nb' }, 'InvalidParameterException'],
    ['a long subject', { Subject: 'x'.repeat(101) }, 'InvalidParameterException'],
    ['an empty message', { Message: '' }, 'InvalidParameterException'],
  ])('refuses %s', async (_name, input, error) => {
    await expect(publish(input)).rejects.toMatchObject({ name: error });
  });
});

describe('Lambda', () => {
  const invoke = async (
    FunctionName: string,
    event: object,
    InvocationType: 'Event' | 'RequestResponse' = 'RequestResponse',
  ) => {
    const answer = await new LambdaClient(client()).send(
      new InvokeCommand({ FunctionName, InvocationType, Payload: JSON.stringify(event) }),
    );
    const text = answer.Payload?.transformToString();
    return { ...answer, result: text ? JSON.parse(text) : undefined };
  };

  test('answers what the handler returned, and reports its log lines', async () => {
    const { StatusCode, FunctionError, result } = await invoke('echo', { a: 1 });
    expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 200, FunctionError: undefined });
    expect(result.event).toEqual({ a: 1 });
    expect((await happened('function-log')).record).toMatchObject({ message: 'echo' });
  });

  test('reports an exception of the handler', async () => {
    const { FunctionError, result } = await invoke('fails', {});
    expect(FunctionError).toBe('Unhandled');
    expect(result).toMatchObject({ errorType: 'TypeError', errorMessage: 'as asked' });
  });

  test('ends a function at its timeout, and the next event gets a new sandbox', async () => {
    const { result } = await invoke('fails', { how: 'slowly' });
    expect(result).toMatchObject({ errorType: 'Sandbox.Timedout' });
    const again = await invoke('fails', {});
    expect(again.result).toMatchObject({ errorType: 'TypeError' });
    await happened('function-cold-start', (one) => one.function === 'Fails');
  });

  test('retries an event and then hands it to the queue', async () => {
    const { StatusCode } = await invoke('fails', { what: 'event' }, 'Event');
    expect(StatusCode).toBe(202);
    const { target, body } = await happened('dead-letter');
    expect(target).toBe('arn:aws:sqs:eu-west-1:123456789012:letters');
    expect(JSON.parse(body)).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      requestPayload: { what: 'event' },
    });
    expect(happenings.filter(({ kind }) => kind === 'function-failed')).toHaveLength(2);
  });

  test('runs events at the same time in sandboxes of their own', async () => {
    const results = await Promise.all([1, 2, 3].map((a) => invoke('echo', { a })));
    expect(results.map(({ result }) => result.event.a)).toEqual([1, 2, 3]);
  });

  test('refuses an unknown function', async () => {
    await expect(invoke('nope', {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('what goes wrong on purpose', () => {
  test('a function is killed in the middle of a call, and its event is tried again in a new sandbox', async () => {
    const calls = (nth: number, when: 'before' | 'after') =>
      cloud.faults.crashCaller({ function: 'Calls', nth, when });
    for (const when of ['before', 'after'] as const) {
      happenings.length = 0;
      const armed = calls(2, when);
      cloud.nudge('Calls', { times: 2 });
      const failed = await happened('function-failed', (one) => one.function === 'Calls');
      expect(failed.error).toContain('signal: SIGKILL');
      await happened('function-ended', (one) => one.function === 'Calls');
      expect(armed.struck?.action).toBe('secretsmanager:GetSecretValue');
      expect(armed.calls).toHaveLength(4);
    }
  });

  test('a call fails with the error that was asked for, as the SDK reads it', async () => {
    let more = 1;
    cloud.faults.fail(
      'ec2:DescribeInstances',
      new AwsError('InsufficientInstanceCapacity', 'none left', 500),
      () => more-- > 0,
    );
    const describeAll = () => new EC2Client(client()).send(new DescribeInstancesCommand({}));
    await expect(describeAll()).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity' });
    await describeAll();
    expect(await happened('injected')).toMatchObject({
      message: 'ec2:DescribeInstances fails with InsufficientInstanceCapacity',
    });
  });

  test('an event is lost', async () => {
    cloud.faults.dropEvents(true);
    await new SSMClient(client()).send(
      new SendCommandCommand({
        DocumentName: 'small',
        InstanceIds: [instanceId()],
        Parameters: { action: ['start'] },
      }),
    );
    await happened('script-ended');
    cloud.faults.dropEvents(false);
    // Longer than the delivery of an event takes here.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(happenings.filter(({ kind }) => kind === 'function-invoked')).toEqual([]);
  });
});

describe('an operator', () => {
  test('gets the answer of the function that he invokes, or its error', async () => {
    expect(await cloud.invoke('Echo', { a: 1 })).toMatchObject({ event: { a: 1 } });
    await expect(cloud.invoke('fails', {})).rejects.toThrow('fails failed: TypeError: as asked');
    await expect(cloud.invoke('Nope', {})).rejects.toThrow(
      /no function is called Nope; the assembly has Echo/,
    );
  });
});

describe('DynamoDB and Secrets Manager', () => {
  test('a conditional write loses against an earlier one', async () => {
    const dynamodb = new DynamoDBClient(client());
    const [TableName] = cloud.tables;
    const put = () =>
      dynamodb.send(
        new PutItemCommand({
          TableName,
          Item: { pk: { S: 'a' }, n: { N: '1' } },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    await put();
    await expect(put()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' } } }));
    expect(Item).toEqual({ pk: { S: 'a' }, n: { N: '1' } });
  });

  test('the token is generated by the rules of the template', async () => {
    const [arn] = [...cloud.secrets.keys()];
    const secrets = new SecretsManagerClient(client());
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: arn }));
    expect(SecretString).toBe(cloud.token);
    expect(cloud.token).toMatch(/^[A-Za-z0-9]{20}$/);
    await expect(secrets.send(new GetSecretValueCommand({ SecretId: 'nope' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('the endpoint', () => {
  test.each<[string, string, () => Promise<unknown>, string]>([
    ['json', 'secretsmanager:GetSecretValue', () => getSecret(client()), 'AccessDeniedException'],
    [
      'ec2',
      'ec2:DescribeInstances',
      () => new EC2Client(client()).send(new DescribeInstancesCommand({})),
      'UnauthorizedOperation',
    ],
    [
      'query',
      'sns:Publish',
      () => new SNSClient(client()).send(new PublishCommand({ TopicArn: 'arn:x', Message: 'a' })),
      'AuthorizationErrorException',
    ],
    [
      'rest',
      'lambda:InvokeFunction',
      () => new LambdaClient(client()).send(new InvokeCommand({ FunctionName: 'echo' })),
      'AccessDeniedException',
    ],
  ])('a denied call fails as on AWS (%s)', async (_protocol, action, call, name) => {
    denied = (access) => access.action === action;
    await expect(call()).rejects.toMatchObject({
      name,
      message: expect.stringContaining(`is not authorized to perform: ${action}`),
    });
    expect(await happened('call-denied')).toMatchObject({
      caller: expect.stringMatching(/:user\/operator$/),
      action,
    });
  });

  test('an unknown caller and an unknown operation fail as on AWS', async () => {
    await expect(getSecret(client('SOMEBODYELSE'))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    await expect(new SSMClient(client()).send(new ListCommandsCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
  });

  const getSecret = (settings: ReturnType<typeof client>) =>
    new SecretsManagerClient(settings).send(new GetSecretValueCommand({ SecretId: 'x' }));
});

describe('the HTTP API', () => {
  test('hands the function an event of format 2.0, in the environment of its template', async () => {
    const body = JSON.stringify({
      alerts: [
        { status: 'firing', labels: { alertname: 'PrimaryDown' }, annotations: { observed_at: '12.5' } },
      ],
    });
    const response = await fetch(`${cloud.webhookUrl}?a=1&a=2`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', cookie: 'x=1; y=2' },
    });
    expect([response.status, response.headers.get('x-route')]).toEqual([201, 'POST /failover']);
    const { event, env } = (await response.json()) as { event: object; env: NodeJS.ProcessEnv };
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'POST /failover',
      rawPath: '/failover',
      rawQueryString: 'a=1&a=2',
      queryStringParameters: { a: '1,2' },
      cookies: ['x=1', 'y=2'],
      body,
      isBase64Encoded: false,
      requestContext: { http: { method: 'POST', path: '/failover' }, stage: '$default' },
    });
    expect(env).toMatchObject({
      TABLE: cloud.tables[0],
      AWS_LAMBDA_FUNCTION_NAME: 'echo',
      AWS_REGION: 'eu-west-1',
    });
    expect(env.HOME).toBeUndefined();
    expect(await happened('webhook-received')).toMatchObject({
      alerts: [{ name: 'PrimaryDown', status: 'firing', observedAt: 12.5 }],
    });
  });

  test.each<[string, string, string, number, number]>([
    ['an unknown path', 'POST', '/other', 0, 404],
    ['another method', 'GET', '/failover', 0, 404],
    ['more than Lambda takes', 'POST', '/failover', 7 * 1024 * 1024, 413],
    ['more than API Gateway takes', 'POST', '/failover', 11 * 1024 * 1024, 413],
    ['a function that fails', 'GET', '/fails/now', 0, 500],
    ['a function that takes too long', 'GET', '/fails/slowly', 0, 503],
  ])('%s: %s %s with %i bytes gives %i', async (_name, method, path, size, status) => {
    expect(await post(cloud.apiUrl + path, method, size)).toBe(status);
  });
});

/** fetch gives up on an answer that comes before it has sent everything. */
function post(url: string, method: string, size: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { 'content-type': 'text/plain' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject);
    sent.end(size === 0 ? undefined : Buffer.alloc(size, 'a'));
  });
}

test('the logs of the functions are kept', () => {
  expect(existsSync(join(folder.path, 'functions/Echo.log'))).toBe(true);
});
