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
 * The right to invoke the reconciler is the right to wake it. The right to invoke this alias is the right to ask it for
 * a move. IAM cannot distinguish one event from another, but it can distinguish these two.
 */
export const operatorsAlias = 'operators';

/** Of the document that runs on the host for one service. */
export const documentName = (name: string, service: string) => `${name}-${service}`;

/** Of the parameters in the Parameter Store. */
export const parameterName = {
  siteCertificate: (name: string) => `/${name}/site/certificate`,
  standbyCertificate: (name: string) => `/${name}/standby/certificate`,
  /** Certificate and key of the standby, encrypted. The host makes it: CloudFormation cannot (SecureString). */
  identity: (name: string) => `/${name}/standby/identity`,
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
