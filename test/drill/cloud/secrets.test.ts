import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Endpoint, startEndpoint } from '../../../drill/cloud/endpoint.ts';
import { createSecrets } from '../../../drill/cloud/services/secrets.ts';
import type { Assembly } from '../../../drill/cloud/template.ts';

/** The real SDK client against the stand-in: the labels move as AWS documents it. */
const SecretId = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-abcdef';
const nothing: Assembly = {
  region: 'eu-west-1',
  accountId: '123456789012',
  outputs: {},
  all: [],
  ofType: () => [],
  assetFolder: (key) => key,
};

let endpoint: Endpoint;
let secrets: ReturnType<typeof createSecrets>;
let client: SecretsManagerClient;

beforeEach(async () => {
  secrets = createSecrets(nothing, { [SecretId]: 'first' });
  endpoint = await startEndpoint(
    { secretsmanager: secrets.service },
    () => true,
    (error) => {
      throw error;
    },
  );
  endpoint.registerCaller('KEY', {
    kind: 'role',
    arn: 'arn:aws:iam::123456789012:user/operator',
    role: 'operator',
  });
  client = new SecretsManagerClient({
    region: 'eu-west-1',
    endpoint: endpoint.url,
    credentials: { accessKeyId: 'KEY', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  await endpoint.stop();
});

const get = (VersionStage?: string) =>
  client.send(new GetSecretValueCommand({ SecretId, ...(VersionStage && { VersionStage }) }));
const put = (SecretString: string) => client.send(new PutSecretValueCommand({ SecretId, SecretString }));
const values = async () => {
  const { SecretString } = await get('AWSCURRENT');
  const previous = await get('AWSPREVIOUS').catch(({ name }: Error) => ({ SecretString: name }));
  return [SecretString, previous.SecretString];
};

test('a secret that was never rotated has no previous version', async () => {
  expect(await values()).toEqual(['first', 'ResourceNotFoundException']);
  await expect(get('AWSPREVIOUS')).rejects.toThrow('staging label: AWSPREVIOUS');
});

test('a new value is current, the one before is previous, and an older one is gone', async () => {
  await put('second');
  expect(await values()).toEqual(['second', 'first']);
  await put('third');
  expect(await values()).toEqual(['third', 'second']);
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId }));
  expect(Object.values(VersionIdsToStages ?? {})).toHaveLength(2);
  expect(secrets.values().get(SecretId)).toBe('third');
  expect((await get()).SecretString).toBe('third');
});

test('the previous version is retired by taking its label off', async () => {
  await put('second');
  const { VersionId } = await get('AWSPREVIOUS');
  const label = { SecretId, VersionStage: 'AWSPREVIOUS' };
  await expect(client.send(new UpdateSecretVersionStageCommand(label))).rejects.toThrow(
    'RemoveFromVersionId',
  );
  await client.send(new UpdateSecretVersionStageCommand({ ...label, RemoveFromVersionId: VersionId }));
  expect(await values()).toEqual(['second', 'ResourceNotFoundException']);
});

test('a rotation is taken back by moving the current label, and the previous one follows', async () => {
  const { VersionId: old } = await get();
  const { VersionId: current } = await put('second');
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: current,
      MoveToVersionId: old,
    }),
  );
  expect(await values()).toEqual(['first', 'second']);
});

test('the current label cannot be taken off, and a version that is not there has none', async () => {
  const { VersionId } = await get();
  const label = { SecretId, VersionStage: 'AWSCURRENT' };
  await expect(
    client.send(new UpdateSecretVersionStageCommand({ ...label, RemoveFromVersionId: VersionId })),
  ).rejects.toThrow("can't remove");
  await expect(
    client.send(new UpdateSecretVersionStageCommand({ ...label, RemoveFromVersionId: 'x'.repeat(32) })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect((await values())[0]).toBe('first');
});
