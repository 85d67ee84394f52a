import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { readEntry } from '../../../lambda/contract/records.ts';
import { historyOf } from '../../../lambda/contract/table.ts';
import type { Entry } from '../../../lambda/domain/history.ts';
import { awsError, type Session } from './session.ts';

/**
 * What happened to a service, the newest first, until `enough` says so.
 * @throws CliError
 */
export async function readHistory(
  session: Session,
  table: string,
  service: string,
  enough: (entries: readonly Entry[]) => boolean,
): Promise<Entry[]> {
  const pages = paginateQuery(
    { client: DynamoDBDocumentClient.from(new DynamoDBClient(session)), pageSize: 100 },
    {
      TableName: table,
      ...historyOf(service),
      ScanIndexForward: false,
      ConsistentRead: true,
    },
  );
  const entries: Entry[] = [];
  try {
    for await (const { Items = [] } of pages) {
      entries.push(...(Items as Entry[]).map(readEntry));
      if (enough(entries)) break;
    }
    return entries;
  } catch (error) {
    throw awsError(error, `read the history in ${table}`);
  }
}
