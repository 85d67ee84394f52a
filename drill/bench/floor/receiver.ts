/** The least that a receiver could be: middy and the SDK clients it needs, and no work. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';

export const clients = [new DynamoDBClient(), new LambdaClient(), new SecretsManagerClient()];
export const handler = middy().handler(async () => {});
