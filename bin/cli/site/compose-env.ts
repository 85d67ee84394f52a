/**
 * The language of a `.env` file as Docker Compose 2 reads it (compose-go, `dotenv` and `template`), which is neither
 * the shell's nor Node's: `#` begins a comment only behind a blank, the last of two assignments counts, and
 * variables are filled in but for single quotes.
 */

/** One assignment: where its text begins and ends in the file, and what it gives. */
export type Assignment = {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
};

export type Lookup = (name: string) => string | undefined;

const head = /(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*/y;
const blank = /[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y;

/**
 * @param lookup what a variable is that no line before gives; Compose looks into its own environment first
 * @throws Error that names the line, for what Compose refuses too
 */
export function readAssignments(text: string, lookup: Lookup = () => undefined): Assignment[] {
  const found: Assignment[] = [];
  const known = new Map<string, string>();
  const resolve: Lookup = (name) => lookup(name) ?? known.get(name);
  let at = 0;
  while (at < text.length) {
    const empty = matchAt(blank, text, at);
    if (empty) {
      at += empty[0].length || 1;
      continue;
    }
    const start = at + (/^[ \t]*/.exec(text.slice(at))?.[0].length ?? 0);
    const assignment = matchAt(head, text, start);
    const line = text.slice(start, lineEnd(text, start));
    if (!assignment)
      throw new Error(
        `line ${lineOf(text, start)}: received ${JSON.stringify(line.slice(0, 60))}, expected NAME=value`,
      );
    const [begin, name = ''] = assignment;
    const from = start + begin.length;
    const { value, end } = valueAt(text, from, resolve, name);
    known.set(name, value);
    found.push({ name, value, start, end });
    at = lineEnd(text, end) + 1;
  }
  return found;
}

function valueAt(text: string, from: number, lookup: Lookup, name: string): { value: string; end: number } {
  const quote = text[from];
  if (quote !== "'" && quote !== '"') {
    const end = lineEnd(text, from);
    const rest = text.slice(from, end).replace(/\r$/, '');
    const plain = rest.replace(/ #.*$/, '').trimEnd();
    return { value: filledIn(plain, lookup), end };
  }
  const close = closing(text, from, quote);
  if (close < 0)
    throw new Error(
      `line ${lineOf(text, from)}: ${name} begins with ${quote}, expected another ${quote} at its end`,
    );
  const inner = text.slice(from + 1, close);
  const value = quote === "'" ? inner.replaceAll("\\'", "'") : filledIn(unescaped(inner), lookup);
  return { value, end: close + 1 };
}

function closing(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  $: '$$',
};
const unescaped = (text: string) =>
  text.replace(/\\([nrt"\\$])/g, (_, letter: string) => escapes[letter] ?? letter);

const variable = /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+?])([^}]*))?\})/g;

/** `$NAME`, `${NAME}`, and what to take where it is not set (`-`), empty too (`:-`), or where it is (`+`). */
function filledIn(text: string, lookup: Lookup): string {
  return text.replace(
    variable,
    (whole, plain?: string, braced?: string, operator?: string, word?: string) => {
      if (whole === '$$') return '$';
      return taken(plain ?? braced ?? '', operator ?? '', word ?? '', lookup);
    },
  );
}

function taken(name: string, operator: string, word: string, lookup: Lookup): string {
  const value = lookup(name);
  const isThere = value !== undefined && !(operator.startsWith(':') && value === '');
  switch (operator.at(-1)) {
    case '+':
      return isThere ? word : '';
    case '?':
      if (!isThere) throw new Error(`${name} is not set: ${word || 'a value is needed'}`);
      return value;
    case '-':
      return isThere ? value : word;
    default:
      return value ?? '';
  }
}

/** A value as it must stand in the file to be read as itself. */
export function written(value: string): string {
  if (/^[\w./:@,+%=-]*$/.test(value)) return value;
  if (!/['\\]/.test(value)) return `'${value}'`;
  return `"${value.replace(/[\\"$]/g, (letter) => `\\${letter}`)}"`;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

const lineOf = (text: string, at: number) => text.slice(0, at).split('\n').length;
