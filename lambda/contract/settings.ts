import * as v from 'valibot';
import type { Policy } from '../domain/policy.ts';

/** What the stack tells the functions: the names of their variables, and one schema for writing and for reading. */

export type ReconcilerEnvironment = Readonly<
  Record<'COMMON' | 'SERVICES' | 'TABLE_NAME' | 'TOPIC_ARN', string>
>;
export type ReceiverEnvironment = Readonly<
  Record<'SERVICES' | 'TABLE_NAME' | 'RECONCILER_NAME' | 'TOKEN_SECRET_ARN', string>
>;

const policy = v.strictObject({
  leaseSeconds: v.number(),
  heartbeatTimeoutSeconds: v.number(),
  stableSeconds: v.number(),
  cooldownSeconds: v.number(),
  drainSeconds: v.number(),
  startOnSuspicion: v.boolean(),
  confirmSeconds: v.number(),
  suspicionIntervalSeconds: v.number(),
  flapLimit: v.number(),
  flapWindowSeconds: v.number(),
  flapStableSeconds: v.number(),
  selfTestSeconds: v.number(),
  verifySeconds: v.number(),
  inspectSeconds: v.number(),
  escalateSeconds: v.number(),
  pilotLight: v.boolean(),
  hostIdleSeconds: v.number(),
  instanceTypes: v.pipe(v.array(v.string()), v.readonly()),
  commandTimeoutSeconds: v.number(),
  dispatchTimeoutSeconds: v.number(),
  retrySeconds: v.number(),
  retryMaxSeconds: v.number(),
} satisfies Record<keyof Policy, v.GenericSchema>);

const service = v.strictObject({
  name: v.string(),
  document: v.string(),
  instanceId: v.string(),
  /** The site's public address, which the second witness asks. */
  witnessUrl: v.exactOptional(v.string()),
  policy,
});

/** What the reconciler is told about one service. */
export type ServiceSettings = Readonly<Omit<v.InferOutput<typeof service>, 'policy'>> & {
  readonly policy: Policy;
};

const receiverSettings = v.strictObject({
  heartbeatTimeoutSeconds: v.number(),
  names: v.pipe(v.array(v.string()), v.readonly()),
});

/** What the receiver is told of the services: it faces the internet, and learns no more than it needs. */
export type ReceiverSettings = Readonly<v.InferOutput<typeof receiverSettings>>;

/**
 * Values for COMMON and SERVICES. A function's variables may take 4 KB in all (AWS Lambda quotas), so what all
 * services have in common stands once, and so does what their documents' names begin with.
 */
export function shareCommon(services: readonly ServiceSettings[]) {
  const [first] = services;
  if (!first) return { common: {}, services: [] };
  const isShared = (key: string) =>
    new Set(services.map((one) => JSON.stringify(one.policy[key as keyof Policy]))).size === 1;
  const part = (whole: Policy, shared: boolean) =>
    Object.fromEntries(Object.entries(whole).filter(([key]) => isShared(key) === shared));
  const { instanceId } = first;
  const documentPrefix = first.document.slice(0, -first.name.length);
  return {
    common: { instanceId, documentPrefix, policy: part(first.policy, true) },
    services: services.map(({ instanceId: id, document, policy: whole, ...rest }) => {
      const own = part(whole, false);
      return {
        ...rest,
        ...(id !== instanceId && { instanceId: id }),
        ...(document !== documentPrefix + rest.name && { document }),
        ...(Object.keys(own).length > 0 && { policy: own }),
      };
    }),
  };
}

type Common = Partial<ServiceSettings> & { readonly documentPrefix?: string };

/** Reads COMMON and SERVICES. @throws Error that names the variable, the value received and what was expected */
export function readServices(environment: Partial<ReconcilerEnvironment>): readonly ServiceSettings[] {
  const { COMMON, SERVICES } = environment;
  const { documentPrefix, ...common } = parsed('COMMON', COMMON ?? '{}') as Common;
  const services = parsed('SERVICES', SERVICES) as Partial<ServiceSettings>[];
  const merged = services.map((one) => ({
    ...(documentPrefix !== undefined && { document: `${documentPrefix}${one.name}` }),
    ...common,
    ...one,
    policy: { ...common.policy, ...one.policy },
  }));
  return checked('SERVICES', v.array(service), merged);
}

/** Reads the receiver's SERVICES. @throws as {@link readServices} */
export function readReceiverSettings({ SERVICES }: Partial<ReceiverEnvironment>): ReceiverSettings {
  return checked('SERVICES', receiverSettings, parsed('SERVICES', SERVICES));
}

/** @throws Error that names the variable if it is missing or empty */
export function required<Name extends string>(
  environment: Partial<Readonly<Record<Name, string>>>,
  name: Name,
): string {
  const value = environment[name];
  if (value) return value;
  throw new Error(`environment variable ${name}: received nothing, expected a value from the stack`);
}

function parsed(name: string, text: string | undefined): unknown {
  try {
    return JSON.parse(required({ [name]: text } as Record<string, string>, name));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(
      `environment variable ${name}: received ${text?.slice(0, 80)}, expected JSON from the stack`,
    );
  }
}

function checked<S extends v.GenericSchema>(name: string, schema: S, input: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(
    `environment variable ${name}, ${v.getDotPath(issue) ?? 'the whole'}: received ${issue.received}, expected ${issue.expected ?? issue.message} from the stack`,
  );
}
