import { CommandFailed } from './served-commands.ts';

/** Splits arguments into options and the rest. `valued` options take a value, `flags` none. */
export function parse(args: readonly string[], valued: readonly string[], flags: readonly string[] = []) {
  const options: [string, string][] = [];
  const rest = [...args];
  while (rest[0]?.startsWith('-')) {
    const [name = '', inline] = (rest.shift() ?? '').split(/=(.*)/s);
    if (flags.includes(name)) options.push([name, 'true']);
    else if (valued.includes(name)) {
      const value = inline ?? rest.shift();
      if (value === undefined) throw new CommandFailed(`docker: ${name} needs a value`);
      options.push([name, value]);
    } else
      throw new CommandFailed(
        `docker: the drill's stand-in does not know the option ${name}; add it to drill/host/docker-standin.ts`,
        125,
      );
  }
  const all = (...names: string[]) =>
    options.filter(([name]) => names.includes(name)).map(([, value]) => value);
  return { all, last: (...names: string[]) => all(...names).at(-1), rest };
}

/** Reads an amount such as 512m or 3000000k; 0 if there is none. */
export function bytes(amount = '0'): number {
  const [whole, number, unit = ''] = /^(\d+)([bkmg]?)$/i.exec(amount) ?? [];
  if (whole === undefined) throw new CommandFailed(`docker: invalid size: '${amount}'`, 125);
  return Number(number) * 1024 ** Math.max(0, 'bkmg'.indexOf(unit.toLowerCase()));
}

/** Reads NAME=VALUE lines. */
export function pairs(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', value] = line.split(/=(.*)/s);
      if (value === undefined)
        throw new CommandFailed(`docker: the drill's stand-in takes NAME=VALUE, got ${line}`, 125);
      return [name, value];
    }),
  );
}
