import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client, RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  CreateDocumentCommand,
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../drill/kit/tcp-ports.ts';
import {
  documentClient,
  dynamoEvidenceStore,
  dynamoHistory,
  dynamoStateStore,
} from '../../../lambda/adapters/dynamodb.ts';
import { secretTokens } from '../../../lambda/adapters/secret-tokens.ts';
import { snsMail } from '../../../lambda/adapters/sns-mail.ts';
import type { Entry } from '../../../lambda/domain/history.ts';
import { initialState } from '../../../lambda/domain/state.ts';
import { ec2Capacity } from '../../../lambda/kinds/ec2/capacity.ts';
import { ssmStandby } from '../../../lambda/kinds/ec2/standby.ts';
import { silentLog } from '../../support/in-memory.ts';

/** Somebody else's AWS: https://github.com/getmoto/moto. What our own stand-in misunderstands as we do shows here. */
const isThere = spawnSync('moto_server', ['--help']).status === 0;
if (!isThere)
  console.log(
    'moto is not on this machine ("pip install moto[server]"): the adapters were not held against it',
  );

let server: ChildProcess;
let settings: ConstructorParameters<typeof DynamoDBClient>[0] & object;

beforeAll(async () => {
  if (!isThere) return;
  const [port = 0] = await freePorts(1);
  server = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true });
  const endpoint = `http://127.0.0.1:${port}`;
  settings = {
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  for (let isUp = false; !isUp; ) {
    if (server.exitCode !== null) throw new Error(`moto_server ended with ${server.exitCode}`);
    isUp = await fetch(`${endpoint}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (!isUp) await delay(100);
  }
}, 120_000);

afterAll(async () => {
  if (server?.pid === undefined || server.exitCode !== null) return;
  const gone = once(server, 'exit');
  // A group of its own: on some machines the command is a wrapper.
  process.kill(-server.pid, 'SIGKILL');
  await gone;
});

const entry = (id: string): Entry => ({
  id,
  service: 'api',
  kind: 'failover-started',
  epoch: 1,
  at: Date.now(),
  reason: 'primary-down',
  site: 'standby',
  seen: { primary: 'down' },
});

describe.skipIf(!isThere)('against moto', { timeout: 60_000 }, () => {
  it('state, evidence and history: writes over what was read, and loses a race', async () => {
    const client = new DynamoDBClient(settings);
    const TableName = 'state';
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
    const documents = documentClient(client);
    const states = dynamoStateStore(documents, TableName);
    const empty = await states.load('api');
    expect(empty).toEqual({ value: initialState('api'), revision: 0 });
    expect(await states.save({ ...empty.value, epoch: 1 }, empty)).toBe(true);
    expect(await states.save({ ...empty.value, epoch: 2 }, empty)).toBe(false);
    const first = await states.load('api');
    expect(first).toMatchObject({ value: { epoch: 1 }, revision: 1 });
    expect(await states.save({ ...first.value, epoch: 2 }, first)).toBe(true);
    expect(await states.save({ ...first.value, epoch: 3 }, first)).toBe(false);

    const evidence = dynamoEvidenceStore(documents, TableName, () => 15);
    const at = Date.now();
    await Promise.all(
      Array.from({ length: 8 }, (_, nth) => evidence.record('api', [{ kind: 'down', observedAt: at + nth }])),
    );
    expect((await evidence.load('api')).downAt).toBe(at + 7);

    await dynamoHistory(documents, TableName)(entry('00000001-00000001'));
    const Key = { pk: 'history#api', sk: '00000001-00000001' };
    expect((await documents.send(new GetCommand({ TableName, Key }))).Item).toMatchObject({
      kind: 'failover-started',
    });
  });

  it('the host: started, stopped, gone; a command is sent, and reported', async () => {
    const ec2 = new EC2Client(settings);
    const made = await ec2.send(
      new RunInstancesCommand({
        ImageId: 'ami-12c6146b',
        MinCount: 1,
        MaxCount: 1,
        InstanceType: 't3.small',
      }),
    );
    const instanceId = made.Instances?.[0]?.InstanceId ?? '';
    const capacity = ec2Capacity(instanceId, async () => ec2);
    expect(await capacity.state()).toBe('on');
    await capacity.stop();
    expect(await capacity.state()).toBe('off');
    expect(await capacity.start('t3a.small')).toBe('requested');
    expect(await capacity.state()).toBe('on');

    const ssm = new SSMClient(settings);
    const content = {
      schemaVersion: '2.2',
      parameters: { action: { type: 'String' }, epoch: { type: 'String' }, serial: { type: 'String' } },
      mainSteps: [{ action: 'aws:runShellScript', name: 'standby', inputs: { runCommand: ['true'] } }],
    };
    await ssm.send(
      new CreateDocumentCommand({
        Name: 'shop-api',
        DocumentType: 'Command',
        Content: JSON.stringify(content),
      }),
    );
    const standby = ssmStandby(ssm, { document: 'shop-api', instanceId }, silentLog);
    const words = { inCharge: 'standby', wakeFrom: 0 } as const;
    const command = { action: 'start', epoch: 1, serial: 1, attempt: 1, ...words } as const;
    const sent = await standby.send(command);
    expect(sent).toEqual({ serial: 1, outcome: 'sent', id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const report = await standby.report(command, 'id' in sent ? sent.id : '');
    expect(report).toMatchObject({ serial: 1, outcome: 'succeeded' });
    expect(await standby.report(command, '00000000-0000-0000-0000-000000000000')).toEqual({
      serial: 1,
      outcome: 'in-progress',
    });

    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    expect(await capacity.state()).toBe('gone');
  });

  it('mail: a subject and a body that SNS takes', async () => {
    const sns = new SNSClient(settings);
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'failover' }));
    await snsMail(sns, TopicArn)(entry('00000001-00000002'));
    await expect(snsMail(sns, `${TopicArn}-gone`)(entry('00000001-00000003'))).rejects.toThrow();
  });

  it('the token: the current one and the one before', async () => {
    const secrets = new SecretsManagerClient(settings);
    const [before, now] = ['a', 'b'].map((letter) => letter.repeat(40));
    const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: 'token', SecretString: before }));
    const only = secretTokens(secrets, ARN, Date.now);
    expect([await only.current(0), await only.previous(0)]).toEqual([before, undefined]);
    await secrets.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: now }));
    const tokens = secretTokens(secrets, ARN, Date.now);
    expect([await tokens.current(0), await tokens.previous(0)]).toEqual([now, before]);
  });

  it('the identity of the standby: encrypted, and read only with decryption', async () => {
    const ssm = new SSMClient(settings);
    const Name = '/shop/standby/identity';
    const put = (Value: string) => ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString' }));
    await put('a key');
    await expect(put('another')).rejects.toThrow(/already exists/i);
    const read = async (WithDecryption: boolean) =>
      (await ssm.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter?.Value;
    expect(await read(true)).toBe('a key');
    expect(await read(false)).not.toBe('a key');
  });
});
