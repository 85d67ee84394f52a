/** The least that a reconciler could be: middy and the SDK clients of its fast path, and no work. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';

export const clients = [new DynamoDBClient(), new SNSClient(), new SSMClient()];
export const handler = middy().handler(async () => {});
