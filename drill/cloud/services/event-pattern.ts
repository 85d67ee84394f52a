import { DrillError } from '../../kit/errors.ts';
import { isObject, type Json } from '../values.ts';

/** Whether an event matches a rule's pattern. */
export type Matches = (event: Json) => boolean;

type Test = (value: unknown) => boolean;

/**
 * Compiles an EventBridge pattern: lists of exact values, nested objects, and the operators
 * prefix, anything-but and exists.
 * @param where names the rule in errors
 * @throws DrillError for an operator that the drill does not know
 */
export function compilePattern(pattern: Json, where: string): Matches {
  const tests = Object.entries(pattern).map(([field, wanted]) => {
    const path = `${where}: ${field}`;
    return { field, test: isObject(wanted) ? nested(wanted, path) : anyOf(wanted, path) };
  });
  return (event) => tests.every(({ field, test }) => test(event[field]));
}

function nested(pattern: Json, where: string): Test {
  const matches = compilePattern(pattern, where);
  return (value) => matches(isObject(value) ? value : {});
}

function anyOf(wanted: unknown, where: string): Test {
  if (!Array.isArray(wanted) || wanted.length === 0) {
    throw new DrillError(
      `${where} is ${JSON.stringify(wanted)}, but an event pattern needs a list there; correct it in lib/`,
    );
  }
  const tests = wanted.map((one) => (isObject(one) ? operator(one, where) : exactly(one)));
  return (value) => tests.some((test) => test(value));
}

/** An array in an event matches if any of its elements does. */
function exactly(wanted: unknown): Test {
  return (value) => (Array.isArray(value) ? value.includes(wanted) : value === wanted);
}

function operator(expression: Json, where: string): Test {
  const [name = '', ...more] = Object.keys(expression);
  const argument = expression[name];
  if (more.length === 0) {
    if (name === 'exists' && typeof argument === 'boolean')
      return (value) => (value !== undefined) === argument;
    if (name === 'prefix' && typeof argument === 'string') return hasPrefix(argument);
    if (name === 'anything-but') return anythingBut(argument, where);
  }
  throw new DrillError(
    `${where} uses ${JSON.stringify(expression)}; the drill knows prefix, anything-but and exists; add it to drill/cloud/services/event-pattern.ts`,
  );
}

function hasPrefix(prefix: string): Test {
  const test = (value: unknown) => typeof value === 'string' && value.startsWith(prefix);
  return (value) => (Array.isArray(value) ? value.some(test) : test(value));
}

/** A field that is missing does not match: anything-but still asks for a value. */
function anythingBut(argument: unknown, where: string): Test {
  const unwanted = isObject(argument) ? operator(argument, where) : anyOf([argument].flat(), where);
  return (value) => value !== undefined && ![value].flat().some((one) => unwanted(one));
}
