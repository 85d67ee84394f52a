import { CommandFailed } from './served-commands.ts';

/** Fills in a Go template, as far as they are used: `.A.B`, `index .A.B "key"` and `json .A.B`. */
export function filledIn(value: object, format: string | undefined): string {
  const text = format?.replace(/\{\{\s*(.*?)\s*\}\}/g, (whole, expression: string) => {
    const [, verb, path = '', , word] =
      /^(?:(index|json) )?((?:\.\w+)+)( "([^"]*)")?$/.exec(expression) ?? [];
    if (path === '' || (verb === 'index') !== (word !== undefined))
      throw new CommandFailed(`docker inspect: the stand-in does not know the template ${whole}`, 125);
    const keys = [...path.slice(1).split('.'), ...(word === undefined ? [] : [word])];
    const found = keys.reduce<unknown>(
      (at, key) => (at as Record<string, unknown> | undefined)?.[key],
      value,
    );
    return verb === 'json' ? JSON.stringify(found ?? null) : String(found ?? '');
  });
  return `${text ?? JSON.stringify([value], null, 2)}\n`;
}
