import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { documentClient, dynamoStateStore } from '../../lambda/adapters/dynamodb.ts';
import { historyOf } from '../../lambda/contract/table.ts';
import type { Entry } from '../../lambda/domain/history.ts';
import type { State } from '../../lambda/domain/state.ts';
import type { StateStore } from '../../lambda/ports.ts';
import type { Cloud } from '../cloud/index.ts';

/** What the control plane has on record, read from its table as an operator could. */
export interface Records {
  readonly states: StateStore;
  state(service: string): Promise<State>;
  /** Everything that happened to a service, oldest first. */
  history(service: string): Promise<Entry[]>;
}

export function recordsOf({ operatorEnvironment, tables }: Cloud): Records {
  const {
    AWS_ENDPOINT_URL,
    AWS_REGION,
    AWS_ACCESS_KEY_ID = '',
    AWS_SECRET_ACCESS_KEY = '',
  } = operatorEnvironment;
  const documents = documentClient(
    new DynamoDBClient({
      endpoint: AWS_ENDPOINT_URL,
      region: AWS_REGION,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    }),
  );
  const [table = ''] = tables;
  const states = dynamoStateStore(documents, table);
  return {
    states,
    state: async (service) => (await states.load(service)).value,
    async history(service) {
      const { Items = [] } = await documents.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          ...historyOf(service),
        }),
      );
      return Items as Entry[];
    },
  };
}
