import { readFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { DrillError, messageOf } from '../kit/errors.ts';
import { resolve, type Scope } from './intrinsics.ts';
import { known } from './resource-types.ts';
import {
  type Location,
  type Shared,
  type Stack,
  type StackScope,
  stackScope,
  textOf,
} from './stack-scope.ts';
import { asObject, asString, isObject, type Json } from './values.ts';

/** A resource of the assembly as it would exist after the deployment. */
export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  /** What `Ref` answers: the physical id. */
  readonly ref: string;
  /** What `Fn::GetAtt` answers. */
  readonly attributes: Readonly<Record<string, string>>;
  /** All properties with the intrinsic functions replaced. */
  readonly properties: Json;
}

/** A synthesized CDK app, resolved as CloudFormation would resolve it. */
export interface Assembly {
  readonly region: string;
  readonly accountId: string;
  readonly all: readonly Resource[];
  /** All resources of a type, in the order of the stacks. */
  ofType(...types: string[]): Resource[];
  /** The outputs of all stacks by name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The local folder of a file asset, by its object key in the bootstrap bucket. */
  assetFolder(objectKey: string): string;
}

/** The account and region that an assembly made without an environment is resolved for. */
export const DEFAULT_PLACE: Location = { region: 'eu-central-1', accountId: '123456789012' };

/** What a deployment is not the first of. */
export interface Deploying {
  /** What is deployed so far. */
  readonly after?: Assembly | undefined;
  /** Names the newest machine images that Amazon has published; others than before are a new name. */
  readonly images?: string | undefined;
}

/**
 * Loads a cloud assembly (the folder that `cdk synth` writes).
 * @param place stands in for what the assembly leaves open: the account, and the region if it names none
 * @throws DrillError if a file is missing, or a resource type or intrinsic function is unknown
 */
export function loadAssembly(
  folder: string,
  place: Location = DEFAULT_PLACE,
  { after, images = '' }: Deploying = {},
): Assembly {
  const artifacts = Object.values(asObject(readJson(join(folder, 'manifest.json')).artifacts, 'artifacts'));
  const stacks = artifacts.filter(isStack).map((artifact) => readStack(folder, artifact));
  if (stacks.length === 0)
    throw new DrillError(`${folder} holds no stacks; synthesize the CDK app into it first`);
  const assets = new Map(artifacts.flatMap((artifact) => assetFolders(folder, artifact)));
  return resolveStacks(stacks, { ...place, ...regionOf(artifacts) }, assets, { after, images });
}

/** All stacks of the app are in one region. */
function regionOf(artifacts: readonly unknown[]): { region?: string } {
  const environment = artifacts.filter(isStack)[0]?.environment;
  const region = /^aws:\/\/[^/]*\/(.*)$/.exec(String(environment))?.[1];
  return region === undefined || region === 'unknown-region' ? {} : { region };
}

function isStack(artifact: unknown): artifact is Json {
  return isObject(artifact) && artifact.type === 'aws:cloudformation:stack';
}

function readStack(folder: string, artifact: Json): Stack {
  const properties = asObject(artifact.properties, 'the properties of a stack artifact');
  const file = asString(properties.templateFile, 'templateFile');
  const name = properties.stackName ?? file.replace(/\.template\.json$/, '');
  return { name: asString(name, 'stackName'), template: readJson(join(folder, file)) };
}

function readJson(file: string): Json {
  try {
    return asObject(JSON.parse(readFileSync(file, 'utf8')), file);
  } catch (error) {
    throw new DrillError(
      `the cloud assembly cannot be read: ${messageOf(error)}; synthesize the CDK app again`,
    );
  }
}

function assetFolders(folder: string, artifact: unknown): [string, string][] {
  if (!isObject(artifact) || artifact.type !== 'cdk:asset-manifest') return [];
  const file = asString(
    asObject(artifact.properties, 'an asset manifest').file,
    'the file of an asset manifest',
  );
  const files = Object.values(asObject(readJson(join(folder, file)).files ?? {}, 'files'));
  return files.flatMap((entry) => {
    const { source, destinations } = asObject(entry, 'a file asset');
    const path = asString(asObject(source, 'the source of an asset').path, 'the path of an asset');
    return Object.values(asObject(destinations, 'destinations')).map((destination): [string, string] => [
      asString(asObject(destination, 'a destination').objectKey, 'objectKey'),
      resolvePath(folder, path),
    ]);
  });
}

function resolveStacks(
  stacks: Stack[],
  place: Location,
  assets: Map<string, string>,
  { after, images = '' }: Deploying,
): Assembly {
  const earlier = new Map(after?.all.map((one) => [`${one.stack}/${one.id}`, one]));
  const shared: Shared = {
    exports: new Map(),
    parameters: new Map(),
    images,
    before(stack, id) {
      const one = earlier.get(`${stack}/${id}`);
      return one && { ...one, text: (...names) => textOf(names, (name) => one.properties[name]) };
    },
  };
  const scopes = stacks.map((stack) => ({ stack, scope: stackScope(stack, place, shared) }));
  for (const { stack, scope } of scopes) {
    collectExports(stack, scope, shared);
    collectParameters(stack, scope, shared);
  }
  const resources = scopes.flatMap(({ stack, scope }) => stackResources(stack, scope));
  return {
    ...place,
    all: resources,
    ofType: (...types) => resources.filter(({ type }) => types.includes(type)),
    outputs: Object.assign({}, ...scopes.map(({ stack, scope }) => stackOutputs(stack, scope))),
    assetFolder(objectKey) {
      const found = assets.get(objectKey);
      if (found) return found;
      throw new DrillError(`the assembly has no asset ${objectKey}; synthesize the CDK app again`);
    },
  };
}

function collectExports(stack: Stack, scope: Scope, shared: Shared): void {
  for (const output of Object.values(asObject(stack.template.Outputs ?? {}, 'Outputs'))) {
    const { Export, Value } = asObject(output, 'an output');
    if (!isObject(Export)) continue;
    shared.exports.set(String(resolve(Export.Name, scope)), () => resolve(Value, scope));
  }
}

function collectParameters(stack: Stack, scope: StackScope, shared: Shared): void {
  for (const [id, resource] of Object.entries(asObject(stack.template.Resources ?? {}, 'Resources'))) {
    if (!isObject(resource) || resource.Type !== 'AWS::SSM::Parameter') continue;
    shared.parameters.set(scope.identity(id).ref, () => scope.attribute(id, 'Value'));
  }
}

function stackOutputs(stack: Stack, scope: Scope): Record<string, string> {
  const outputs = Object.entries(asObject(stack.template.Outputs ?? {}, 'Outputs'));
  return Object.fromEntries(
    outputs.map(([name, output]) => [name, String(resolve(asObject(output, name).Value, scope))]),
  );
}

function stackResources(stack: Stack, scope: StackScope): Resource[] {
  const declared = Object.entries(asObject(stack.template.Resources ?? {}, 'Resources'));
  return declared.flatMap(([id, value]): Resource[] => {
    const resource = asObject(value, id);
    const type = asString(resource.Type, `the type of ${id}`);
    const { use } = known(type, { stack: stack.name, id });
    const condition = resource.Condition;
    if (typeof condition === 'string' && !scope.condition(condition)) return [];
    // What changes nothing in a drill is not resolved either: its dynamic references need no answer.
    const properties = use === 'inert' ? {} : resolve(resource.Properties ?? {}, scope);
    return [{ stack: stack.name, id, type, ...scope.identity(id), properties: asObject(properties, id) }];
  });
}

/**
 * Refuses properties of a resource that would change its behaviour on AWS but not in the drill.
 * @param used    properties that the drill acts on
 * @param ignored properties that change nothing which a drill can see
 */
export function checkProperties(
  resource: Resource,
  used: readonly string[],
  ignored: readonly string[],
): void {
  for (const name of Object.keys(resource.properties)) {
    if (used.includes(name) || ignored.includes(name)) continue;
    throw new DrillError(
      `${resource.stack}/${resource.id} (${resource.type}) sets ${name}, which the drill does not act on; teach drill/cloud about it, or remove it in lib/`,
    );
  }
}
