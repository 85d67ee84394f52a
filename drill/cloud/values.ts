import { DrillError } from '../kit/errors.ts';

/** A JSON object whose members are not known yet. */
export type Json = Record<string, unknown>;

/** Whether a value is a JSON object (not null, not an array). */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value that must be an object; `what` names it in the error. */
export function asObject(value: unknown, what: string): Json {
  if (isObject(value)) return value;
  throw unexpected(value, what, 'an object');
}

/** A value that must be a string; `what` names it in the error. */
export function asString(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw unexpected(value, what, 'a string');
}

/** A value that must be an array, or is absent (then an empty one). */
export function asList(value: unknown, what: string): unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw unexpected(value, what, 'a list');
}

/** A value that CloudFormation accepts as a number: a number, or digits in a string. */
export function asNumber(value: unknown, what: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw unexpected(value, what, 'a number');
}

function unexpected(value: unknown, what: string, expected: string): DrillError {
  return new DrillError(
    `${what} is ${JSON.stringify(value) ?? 'missing'}, but the drill needs ${expected} there; correct it in lib/`,
  );
}
