import { DrillError } from '../kit/errors.ts';
import { type Before, digits, type Identity, type Place } from './identities.ts';
import { NO_VALUE, resolve, type Scope } from './intrinsics.ts';
import { identify } from './resource-types.ts';
import { asObject, asString, isObject, type Json } from './values.ts';

/** A stack of the assembly as it was read. */
export interface Stack {
  readonly name: string;
  readonly template: Json;
}

/** The account and region that an assembly is resolved for. */
export interface Location {
  readonly region: string;
  readonly accountId: string;
}

/** The surroundings of one stack: what its intrinsic functions may refer to. */
export interface StackScope extends Scope {
  identity(id: string): Identity;
}

/** What stacks know of each other, by name; filled by the caller and asked lazily. */
export interface Shared {
  readonly exports: Map<string, () => unknown>;
  /** The parameter store. */
  readonly parameters: Map<string, () => unknown>;
  /** What became of a resource in the deployment before. */
  before(stack: string, id: string): Before | undefined;
  /** Names the newest machine images that Amazon has published. */
  readonly images: string;
}

/** Builds the scope of one stack. */
export function stackScope(stack: Stack, place: Location, shared: Shared): StackScope {
  const section = (name: string): Json => asObject(stack.template[name] ?? {}, `${name} of ${stack.name}`);
  const resources = section('Resources');
  const identities = new Map<string, Identity>();
  const unknown = (kind: string, name: string) =>
    new DrillError(`${stack.name} refers to the ${kind} ${name}, which does not exist; correct it in lib/`);

  const scope: StackScope = {
    stack: stack.name,
    region: place.region,
    identity(id) {
      const declared = resources[id];
      if (!isObject(declared)) throw unknown('resource', id);
      const cached = identities.get(id);
      if (cached) return cached;
      const type = asString(declared.Type, `the type of ${id}`);
      const identity = identify(type, placeOf(stack.name, id, place, declared, scope, shared));
      identities.set(id, identity);
      return identity;
    },
    ref(name) {
      if (name.startsWith('AWS::')) return pseudoParameter(name, stack.name, place);
      const parameter = section('Parameters')[name];
      return isObject(parameter)
        ? parameterValue(stack.name, name, parameter, shared)
        : scope.identity(name).ref;
    },
    attribute(id, name) {
      const value = scope.identity(id).attributes[name];
      if (value === undefined) throw unknown('attribute', `${id}.${name}`);
      return value;
    },
    imported(name) {
      const found = shared.exports.get(name);
      if (!found) throw unknown('export', name);
      return found();
    },
    mapping(map, first, second) {
      const value = asObject(asObject(section('Mappings')[map], map)[first], `${map}.${first}`)[second];
      if (value === undefined) throw unknown('mapping', `${map}.${first}.${second}`);
      return value;
    },
    condition(name) {
      const found = section('Conditions')[name];
      if (found === undefined) throw unknown('condition', name);
      return Boolean(resolve(found, scope));
    },
  };
  return scope;
}

function placeOf(
  stack: string,
  id: string,
  place: Location,
  declared: Json,
  scope: Scope,
  shared: Shared,
): Place {
  const properties = asObject(declared.Properties ?? {}, `the properties of ${id}`);
  return {
    stack,
    id,
    ...place,
    property(name) {
      const value = resolve(properties[name], scope);
      return typeof value === 'string' ? value : undefined;
    },
    propertiesText: (...names) => textOf(names, (name) => resolve(properties[name], scope)),
    before: shared.before(stack, id),
  };
}

/** Some properties of a resource, for comparing them. */
export function textOf(names: readonly string[], propertyOf: (name: string) => unknown): string {
  return JSON.stringify(names.map((name) => propertyOf(name) ?? null));
}

function pseudoParameter(name: string, stack: string, place: Location): unknown {
  const values: Json = {
    'AWS::AccountId': place.accountId,
    'AWS::NoValue': NO_VALUE,
    'AWS::NotificationARNs': [],
    'AWS::Partition': 'aws',
    'AWS::Region': place.region,
    'AWS::StackId': `arn:aws:cloudformation:${place.region}:${place.accountId}:stack/${stack}/${digits({ stack, id: '' }, 32)}`,
    'AWS::StackName': stack,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  if (name in values) return values[name];
  throw new DrillError(
    `${stack} refers to ${name}, which is no pseudo parameter the drill knows; correct it in lib/`,
  );
}

/**
 * A parameter's default; for a parameter of the parameter store, the value under that name. AMI parameters
 * name entries of AWS's own there: any id of the right shape serves a stand-in.
 */
function parameterValue(stack: string, name: string, parameter: Json, shared: Shared): unknown {
  const { Type, Default } = parameter;
  if (Default === undefined) {
    throw new DrillError(
      `${stack} has the parameter ${name} without a default; give it one, the drill passes no parameters`,
    );
  }
  const type = asString(Type, `the type of ${name}`);
  if (!type.startsWith('AWS::SSM::Parameter::Value')) return Default;
  if (type.includes('AWS::EC2::Image::Id'))
    return `ami-${digits({ stack, id: `${name}${shared.images}` }, 17)}`;
  const stored = shared.parameters.get(String(Default));
  if (stored) return stored();
  throw new DrillError(
    `${stack} reads ${String(Default)} from the parameter store, but no stack writes it; correct it in lib/`,
  );
}
