import { DrillError } from '../../kit/errors.ts';
import { AwsError } from '../aws-error.ts';
import { checkProperties, type Resource } from '../template.ts';
import { asList, asObject, asString, isObject, type Json } from '../values.ts';

/** A command document as the SSM agent sees it. */
export interface CommandDocument {
  readonly name: string;
  readonly arn: string;
  /**
   * The script with the parameters put in.
   * @param given parameters of the command, each a list of strings as in SendCommand
   * @throws AwsError InvalidParameters for unknown, missing or disallowed parameters
   */
  bind(given: Json): BoundScript;
}

/** A script that is ready to run, with its time limit in seconds. */
export interface BoundScript {
  readonly script: string;
  readonly timeoutSeconds: number;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What SSM gives a script whose document sets no time limit. */
const DEFAULT_TIMEOUT_SECONDS = 3600;

/**
 * Reads a document of schema 2.2 with one aws:runShellScript step.
 * @throws DrillError for a document that the drill cannot carry out
 */
export function readDocument(resource: Resource): CommandDocument {
  const where = `${resource.stack}/${resource.id}`;
  checkProperties(
    resource,
    ['Content', 'Name', 'DocumentType', 'DocumentFormat', 'TargetType'],
    ['UpdateMethod', 'Tags', 'VersionName'],
  );
  const content = readContent(resource.properties.Content, where);
  const declared = asObject(content.parameters ?? {}, `the parameters of ${where}`);
  const step = onlyStep(content, where);
  const name = resource.ref;
  return {
    name,
    arn: resource.attributes.Arn ?? '',
    bind(given) {
      const parameters = bindParameters(given, declared);
      const fill = (text: string) =>
        text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, key: string) => parameters[key] ?? whole);
      const lines = asList(step.runCommand, `runCommand of ${where}`).map((line) =>
        fill(asString(line, 'a line')),
      );
      const timeout = Number(fill(String(step.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS)));
      return { script: lines.join('\n'), timeoutSeconds: timeout, parameters };
    },
  };
}

function readContent(content: unknown, where: string): Json {
  if (isObject(content)) return content;
  try {
    return asObject(JSON.parse(asString(content, `the content of ${where}`)), `the content of ${where}`);
  } catch {
    throw new DrillError(`the content of ${where} is not JSON; correct it in lib/`);
  }
}

function onlyStep(content: Json, where: string): Json {
  const steps = asList(content.mainSteps, `mainSteps of ${where}`);
  const step = asObject(steps[0], `the first step of ${where}`);
  if (content.schemaVersion !== '2.2' || steps.length !== 1 || step.action !== 'aws:runShellScript') {
    throw new DrillError(
      `${where} has schema ${String(content.schemaVersion)} and ${steps.length} steps, the first ${String(step.action)}; the drill runs schema 2.2 with one aws:runShellScript step`,
    );
  }
  const inputs = asObject(step.inputs, `the inputs of ${where}`);
  const unknown = Object.keys(inputs).find((key) => !['runCommand', 'timeoutSeconds'].includes(key));
  if (unknown)
    throw new DrillError(
      `${where} sets ${unknown}, which the drill does not act on; teach drill/cloud/services/ssm-document.ts`,
    );
  return inputs;
}

function bindParameters(given: Json, declared: Json): Record<string, string> {
  for (const name of Object.keys(given)) {
    if (!(name in declared)) throw invalid(`${name} is not a parameter of the document`);
  }
  const values = Object.entries(declared).map(([name, declaration]) => {
    const rules = asObject(declaration, name);
    return [name, bindOne(name, given[name], rules)] as const;
  });
  return Object.fromEntries(values);
}

function bindOne(name: string, given: unknown, rules: Json): string {
  const value = Array.isArray(given) ? (given.length === 1 ? given[0] : undefined) : (given ?? rules.default);
  if (typeof value !== 'string')
    throw invalid(`${name} needs one value, but got ${JSON.stringify(given) ?? 'none'}`);
  const allowed = rules.allowedValues;
  if (Array.isArray(allowed) && !allowed.includes(value)) {
    throw invalid(`${name} is ${JSON.stringify(value)}, which is not one of ${allowed.join(', ')}`);
  }
  const pattern = rules.allowedPattern;
  if (typeof pattern === 'string' && !new RegExp(pattern).test(value)) {
    throw invalid(`${name} is ${JSON.stringify(value)}, which does not match ${pattern}`);
  }
  const limit = rules.maxChars;
  if (typeof limit === 'number' && value.length > limit)
    throw invalid(`${name} is longer than ${limit} characters`);
  return value;
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameters', message);
}

/** The document with this name or ARN. */
export function findDocument(
  documents: readonly CommandDocument[],
  name: unknown,
): CommandDocument | undefined {
  return documents.find((document) => document.name === name || document.arn === name);
}
