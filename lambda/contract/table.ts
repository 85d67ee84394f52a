/**
 * One table. The kind of a record leads its partition key, because that is what IAM can tell apart
 * (`dynamodb:LeadingKeys`): the receiver may touch evidence and nothing else.
 */
export type RecordKind = 'state' | 'evidence' | 'history';

/** Names of the attributes that are keys, and of the one by which records expire (Unix seconds). */
export const attribute = { partition: 'pk', sort: 'sk', expires: 'expiresAt' } as const;

export type Key = { readonly [attribute.partition]: string; readonly [attribute.sort]: string };

/** Of all records of a kind; `service` may be `*` in a policy. */
export const partition = (kind: RecordKind, service: string): string => `${kind}#${service}`;

export const key = {
  state: (service: string): Key => ({ pk: partition('state', service), sk: 'current' }),
  evidence: (service: string): Key => ({ pk: partition('evidence', service), sk: 'primary' }),
  /** @param id orders the entries of a service by time */
  history: (service: string, id: string): Key => ({ pk: partition('history', service), sk: id }),
};

/** The query for the whole history of a service. */
export const historyOf = (service: string) => ({
  KeyConditionExpression: `${attribute.partition} = :partition`,
  ExpressionAttributeValues: { ':partition': partition('history', service) },
});
