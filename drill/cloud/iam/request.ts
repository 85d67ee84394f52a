/** Who asks for something to be done. */
export type Caller =
  /** A function, or the host: whatever has taken on a role of the stacks. `arn` is its session's. */
  | { readonly kind: 'role'; readonly arn: string; readonly role: string }
  /** One of AWS's own, such as events.amazonaws.com. */
  | { readonly kind: 'service'; readonly arn: string }
  /** The drill itself, about whom the stacks say nothing: it may do everything. */
  | { readonly kind: 'operator'; readonly arn: string };

/** One question to IAM. `action` is IAM's name, such as `ssm:SendCommand`; `resource` an ARN, or `*`. */
export interface AccessRequest {
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
  /** Condition keys and their values, such as `dynamodb:LeadingKeys`. */
  readonly context: Readonly<Record<string, string | string[]>>;
}

/** Says whether something is allowed; asked once for each resource that a call touches. */
export type Authorize = (request: AccessRequest) => boolean | Promise<boolean>;

/** What a service of AWS does by itself on behalf of a resource of the account. */
export function byService(
  service: string,
  action: string,
  resource: string,
  { sourceArn, accountId }: { readonly sourceArn?: string; readonly accountId: string },
): AccessRequest {
  return {
    caller: { kind: 'service', arn: service },
    action,
    resource,
    context: { 'aws:SourceAccount': accountId, ...(sourceArn && { 'aws:SourceArn': sourceArn }) },
  };
}
