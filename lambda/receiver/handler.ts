import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import { clientConfig } from '../adapters/client-config.ts';
import { documentClient, dynamoEvidenceStore } from '../adapters/dynamodb.ts';
import { lambdaWaker } from '../adapters/lambda-waker.ts';
import { secretTokens } from '../adapters/secret-tokens.ts';
import { required, serviceSettings } from '../settings.ts';
import { authenticate } from './authenticate.ts';
import { jsonErrors } from './http.ts';
import { receive } from './receive.ts';

const log = new Logger({ serviceName: 'receiver' });
const services = serviceSettings();
const gapSeconds = new Map(services.map(({ name, policy }) => [name, policy.heartbeatTimeoutSeconds]));

const ports = {
  evidence: dynamoEvidenceStore(
    documentClient(new DynamoDBClient(clientConfig)),
    required('TABLE_NAME'),
    (service) => gapSeconds.get(service) ?? 0,
  ),
  waker: lambdaWaker(new LambdaClient(clientConfig), required('RECONCILER_NAME')),
  clock: Date.now,
  log,
};
const tokens = secretTokens(new SecretsManagerClient(clientConfig), required('TOKEN_SECRET_ARN'), Date.now);
const names = services.map(({ name }) => name);

/** POST /failover */
export const handler = middy()
  .use(jsonErrors(log))
  .use(authenticate(tokens, Date.now))
  .handler((event) => receive(event, names, ports));
