/**
 * Names that the stacks give and others look things up by. All begin with the `name` of failover.yaml, so that several
 * deployments can live in one account.
 */

/** Of the two stacks; the one of the host is there only if the host is created. */
export const stackName = {
  controlPlane: (name: string) => `${name}-failover`,
  standby: (name: string) => `${name}-standby`,
} as const;

export const functionName = {
  receiver: (name: string) => `${name}-receiver`,
  reconciler: (name: string) => `${name}-reconciler`,
} as const;

/**
 * Whoever may invoke the reconciler may wake it. Whoever may invoke this alias of it may ask it for a move: IAM cannot
 * tell one event from another, but it can tell these two apart.
 */
export const operatorsAlias = 'operators';

/** Of the document that runs on the host for one service. */
export const documentName = (name: string, service: string) => `${name}-${service}`;

/** Of the parameters in the Parameter Store. */
export const parameterName = {
  siteCertificate: (name: string) => `/${name}/site/certificate`,
  standbyCertificate: (name: string) => `/${name}/standby/certificate`,
  instanceId: (name: string) => `/${name}/standby/instance-id`,
} as const;

/** What a parameter holds before anybody has written to it: a parameter cannot be empty. */
export const emptyParameter = 'none';

/** Outputs of the stacks. `StandbyAddress` is there only if the host is created. */
export const output = {
  webhookUrl: 'WebhookUrl',
  tokenSecretArn: 'TokenSecretArn',
  tableName: 'TableName',
  topicArn: 'TopicArn',
  reconcilerName: 'ReconcilerName',
  instanceId: 'InstanceId',
  siteCertificateParameter: 'SiteCertificateParameter',
  standbyCertificateParameter: 'StandbyCertificateParameter',
  standbyAddress: 'StandbyAddress',
} as const;

export type OutputName = (typeof output)[keyof typeof output];
