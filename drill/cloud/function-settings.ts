import { existsSync } from 'node:fs';
import { DrillError } from '../kit/errors.ts';
import { type Assembly, checkProperties, type Resource } from './template.ts';
import { asNumber, asObject, asString, type Json } from './values.ts';

/** A function as its template declares it. */
export interface FunctionSettings {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly logGroup: string;
  readonly handler: string;
  readonly codeFolder: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** Environment variables of the template. */
  readonly environment: Readonly<Record<string, string>>;
  /** Invocations at the same time; undefined if only the account's limit counts. */
  readonly concurrency: number | undefined;
  readonly retries: Retries;
}

/** What happens to an asynchronous invocation that fails. */
export interface Retries {
  readonly attempts: number;
  readonly maxAgeSeconds: number;
  /** Gets the event itself. */
  readonly deadLetterArn: string | undefined;
  /** Gets the event with the reason. */
  readonly onFailureArn: string | undefined;
}

const USED = [
  'Code',
  'DeadLetterConfig',
  'Environment',
  'FunctionName',
  'Handler',
  'LoggingConfig',
  'MemorySize',
  'Role',
  'Runtime',
  'ReservedConcurrentExecutions',
  'Timeout',
];
const IGNORED = [
  'Architectures',
  'Description',
  'RecursiveLoop',
  'RuntimeManagementConfig',
  'Tags',
  'TracingConfig',
  'PackageType',
];

/**
 * Reads every function of the assembly.
 * @throws DrillError for a property that the drill does not act on, or a runtime other than Node
 */
export function readFunctions(assembly: Assembly): FunctionSettings[] {
  const configs = assembly.ofType('AWS::Lambda::EventInvokeConfig');
  return assembly
    .ofType('AWS::Lambda::Function')
    .map((resource) => readFunction(resource, assembly, configs));
}

function readFunction(
  resource: Resource,
  assembly: Assembly,
  configs: readonly Resource[],
): FunctionSettings {
  checkProperties(resource, USED, IGNORED);
  const { properties } = resource;
  const where = `${resource.stack}/${resource.id}`;
  const runtime = asString(properties.Runtime, `the runtime of ${where}`);
  if (!runtime.startsWith('nodejs')) {
    throw new DrillError(
      `${where} runs on ${runtime}, but the drill runs Node functions only; correct it in lib/`,
    );
  }
  const code = asObject(properties.Code, `the code of ${where}`);
  const codeFolder = assembly.assetFolder(asString(code.S3Key, `the code of ${where}`));
  if (!existsSync(codeFolder))
    throw new DrillError(`the code of ${where} is not at ${codeFolder}; synthesize the CDK app again`);
  const reserved = properties.ReservedConcurrentExecutions;
  return {
    id: resource.id,
    name: resource.ref,
    arn: resource.attributes.Arn ?? '',
    roleArn: asString(properties.Role, `the role of ${where}`),
    logGroup: logGroupOf(properties, resource.ref, where),
    handler: asString(properties.Handler, `the handler of ${where}`),
    codeFolder,
    timeoutSeconds: asNumber(properties.Timeout ?? 3, `the timeout of ${where}`),
    memoryMb: asNumber(properties.MemorySize ?? 128, `the memory of ${where}`),
    environment: { ...readEnvironment(properties, where), ...loggingEnvironment(properties, where) },
    concurrency: reserved === undefined ? undefined : asNumber(reserved, `the concurrency of ${where}`),
    retries: readRetries(resource, configs, where),
  };
}

function readEnvironment(properties: Json, where: string): Record<string, string> {
  const { Variables } = asObject(properties.Environment ?? {}, `the environment of ${where}`);
  const variables = asObject(Variables ?? {}, `the variables of ${where}`);
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, asString(value, `${name} of ${where}`)]),
  );
}

/** Lambda hands its logging settings to the function by environment; loggers read them there. */
function loggingEnvironment(properties: Json, where: string): Record<string, string> {
  const { LogFormat, ApplicationLogLevel } = asObject(
    properties.LoggingConfig ?? {},
    `the logging of ${where}`,
  );
  if (LogFormat !== 'JSON') return {};
  return { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: String(ApplicationLogLevel ?? 'INFO') };
}

function logGroupOf(properties: Json, functionName: string, where: string): string {
  const { LogGroup } = asObject(properties.LoggingConfig ?? {}, `the logging of ${where}`);
  return LogGroup === undefined ? `/aws/lambda/${functionName}` : String(LogGroup);
}

function readRetries(resource: Resource, configs: readonly Resource[], where: string): Retries {
  const config = configs.find(({ properties }) => properties.FunctionName === resource.ref);
  if (config) {
    checkProperties(
      config,
      ['FunctionName', 'Qualifier', 'MaximumRetryAttempts', 'MaximumEventAgeInSeconds', 'DestinationConfig'],
      [],
    );
  }
  const settings = config?.properties ?? {};
  const destinations = asObject(settings.DestinationConfig ?? {}, `the destinations of ${where}`);
  if (destinations.OnSuccess)
    throw new DrillError(`${where} has an OnSuccess destination, which the drill does not serve`);
  const onFailure = asObject(destinations.OnFailure ?? {}, `OnFailure of ${where}`).Destination;
  const deadLetter = asObject(
    resource.properties.DeadLetterConfig ?? {},
    `DeadLetterConfig of ${where}`,
  ).TargetArn;
  return {
    attempts: 1 + asNumber(settings.MaximumRetryAttempts ?? 2, `the retries of ${where}`),
    maxAgeSeconds: asNumber(settings.MaximumEventAgeInSeconds ?? 21_600, `the event age of ${where}`),
    deadLetterArn:
      deadLetter === undefined ? undefined : asString(deadLetter, `the dead-letter queue of ${where}`),
    onFailureArn: onFailure === undefined ? undefined : asString(onFailure, `the destination of ${where}`),
  };
}
