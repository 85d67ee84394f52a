import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import { clientConfig } from '../adapters/client-config.ts';
import { documentClient, dynamoEvidenceStore } from '../adapters/dynamodb.ts';
import { lambdaWaker } from '../adapters/lambda-waker.ts';
import { secretTokens } from '../adapters/secret-tokens.ts';
import { type ReceiverEnvironment, readReceiverSettings, required } from '../contract/settings.ts';
import { authenticate } from './authenticate.ts';
import { jsonErrors } from './http.ts';
import { receive } from './receive.ts';

const log = new Logger({ serviceName: 'receiver' });
const environment = process.env as Partial<ReceiverEnvironment>;
const { names, heartbeatTimeoutSeconds } = readReceiverSettings(environment);

const ports = {
  evidence: dynamoEvidenceStore(
    documentClient(new DynamoDBClient(clientConfig)),
    required(environment, 'TABLE_NAME'),
    () => heartbeatTimeoutSeconds,
  ),
  waker: lambdaWaker(new LambdaClient(clientConfig), required(environment, 'RECONCILER_NAME')),
  clock: Date.now,
  log,
};
const tokens = secretTokens(
  new SecretsManagerClient(clientConfig),
  required(environment, 'TOKEN_SECRET_ARN'),
  Date.now,
);

/** POST /failover */
export const handler = middy()
  .use(jsonErrors(log))
  .use(authenticate(tokens, Date.now))
  .handler((event) => receive(event, names, ports));
