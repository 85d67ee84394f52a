import { DrillError } from '../kit/errors.ts';
import { asList, asObject, asString, isObject, type Json } from './values.ts';

/** What the intrinsic functions of a template ask of their surroundings. */
export interface Scope {
  /** Names the stack in errors. */
  readonly stack: string;
  ref(name: string): unknown;
  attribute(id: string, name: string): unknown;
  imported(exportName: string): unknown;
  mapping(map: string, first: string, second: string): unknown;
  condition(name: string): boolean;
  readonly region: string;
}

/** What `AWS::NoValue` resolves to: the property is dropped, as CloudFormation does. */
export const NO_VALUE = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => scope.ref(asString(argument, 'Ref')),
  Condition: (argument, scope) => scope.condition(asString(argument, 'Condition')),
  'Fn::GetAtt': getAtt,
  'Fn::Join': join,
  'Fn::Sub': sub,
  'Fn::Select': (argument, scope) => {
    const [index, list] = pair(argument, 'Fn::Select', scope);
    return asList(list, 'the list of Fn::Select')[Number(index)];
  },
  'Fn::Split': (argument, scope) => {
    const [separator, text] = pair(argument, 'Fn::Split', scope);
    return asString(text, 'the text of Fn::Split').split(asString(separator, 'the separator of Fn::Split'));
  },
  'Fn::ImportValue': (argument, scope) =>
    scope.imported(asString(resolve(argument, scope), 'the name of Fn::ImportValue')),
  'Fn::FindInMap': (argument, scope) => {
    const keys = asList(resolve(argument, scope), 'Fn::FindInMap').map((key) =>
      asString(key, 'a key of Fn::FindInMap'),
    );
    return scope.mapping(keys[0] ?? '', keys[1] ?? '', keys[2] ?? '');
  },
  'Fn::Base64': (argument, scope) =>
    Buffer.from(asString(resolve(argument, scope), 'Fn::Base64')).toString('base64'),
  'Fn::GetAZs': (_argument, scope) => ['a', 'b', 'c'].map((zone) => `${scope.region}${zone}`),
  'Fn::If': (argument, scope) => {
    const [name, yes, no] = asList(argument, 'Fn::If');
    return resolve(scope.condition(asString(name, 'the condition of Fn::If')) ? yes : no, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = pair(argument, 'Fn::Equals', scope);
    return left === right;
  },
  'Fn::And': (argument, scope) => asList(resolve(argument, scope), 'Fn::And').every(Boolean),
  'Fn::Or': (argument, scope) => asList(resolve(argument, scope), 'Fn::Or').some(Boolean),
  'Fn::Not': (argument, scope) => !asList(resolve(argument, scope), 'Fn::Not')[0],
};

/**
 * Replaces every intrinsic function inside a template value.
 * @throws DrillError for an intrinsic function that the drill does not know
 */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolve(item, scope)).filter((item) => item !== NO_VALUE);
  }
  if (typeof value === 'string') return plainText(value, scope);
  if (!isObject(value)) return value;
  const [only, ...others] = Object.keys(value);
  if (only !== undefined && others.length === 0 && isIntrinsic(only, value[only])) {
    return call(only, value[only], scope);
  }
  return resolveMembers(value, scope);
}

function resolveMembers(value: Json, scope: Scope): Json {
  const resolved = Object.entries(value).map(([name, member]) => [name, resolve(member, scope)] as const);
  return Object.fromEntries(resolved.filter(([, member]) => member !== NO_VALUE));
}

/** `Condition` is an intrinsic function only with a name in it: policy statements have a member called so too. */
function isIntrinsic(name: string, argument: unknown): boolean {
  if (name === 'Condition') return typeof argument === 'string';
  return name === 'Ref' || name.startsWith('Fn::');
}

function call(name: string, argument: unknown, scope: Scope): unknown {
  const intrinsic = INTRINSICS[name];
  if (intrinsic) return intrinsic(argument, scope);
  throw new DrillError(
    `${scope.stack} uses ${name}, which the drill cannot resolve; it knows ${Object.keys(INTRINSICS).join(', ')}; add it to drill/cloud/intrinsics.ts`,
  );
}

function plainText(text: string, scope: Scope): string {
  const reference = /\{\{resolve:[^}]*\}\}/.exec(text)?.[0];
  if (reference === undefined) return text;
  throw new DrillError(
    `${scope.stack} has the dynamic reference ${reference}, which the drill cannot resolve; pass the value by Ref or Fn::GetAtt`,
  );
}

function pair(argument: unknown, name: string, scope: Scope): [unknown, unknown] {
  const [first, second] = asList(resolve(argument, scope), name);
  return [first, second];
}

function getAtt(argument: unknown, scope: Scope): unknown {
  const [id, ...path] =
    typeof argument === 'string' ? argument.split('.') : asList(argument, 'Fn::GetAtt').map(String);
  return scope.attribute(id ?? '', path.join('.'));
}

function join(argument: unknown, scope: Scope): string {
  const [separator, parts] = pair(argument, 'Fn::Join', scope);
  return asList(parts, 'the parts of Fn::Join')
    .map(String)
    .join(asString(separator, 'the separator of Fn::Join'));
}

function sub(argument: unknown, scope: Scope): string {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const values = asObject(variables, 'the variables of Fn::Sub');
  return asString(template, 'the text of Fn::Sub').replace(
    /\$\{(!?)([^}]*)\}/g,
    (_whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in values) return String(resolve(values[name], scope));
      return String(name.includes('.') ? getAtt(name, scope) : scope.ref(name));
    },
  );
}
