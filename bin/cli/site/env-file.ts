import { readFileSync } from 'node:fs';
import { readAssignments, written } from './compose-env.ts';

export type Env = Readonly<Partial<Record<string, string>>>;

/** As Docker Compose reads it, with the environment of this process. @throws Error that names the line */
export const parseEnvFile = (text: string): Env =>
  Object.fromEntries(
    readAssignments(text, (name) => process.env[name]).map(({ name, value }) => [name, value]),
  );

/** The file that sites start from. */
export const exampleEnv = (): string =>
  readFileSync(new URL('../../../onprem/.env.example', import.meta.url), 'utf8');

/** What every site has to say for itself: the variables that the example does not comment out. */
export const requiredNames = (): readonly string[] =>
  [...exampleEnv().matchAll(/^([A-Z]\w*)=/gm)].map(([, name = '']) => name);

/** Whether a value is one that the example has in place of yours, and that nobody can really have. */
export function isExample(name: string, value: string | undefined): boolean {
  return (
    value !== undefined && value === parseEnvFile(exampleEnv())[name] && /example\.|abcdefghij/.test(value)
  );
}

/** Whether the example says anything of it, in use or commented out. */
export const isKnown = (name: string): boolean => new RegExp(`^#?${name}=`, 'm').test(exampleEnv());

/**
 * Puts a value where the file has it, commented out or not, or at the end; everything else stays as it is.
 * @throws Error for a value that does not fit into a line
 */
export function setVariable(text: string, name: string, value: string): string {
  if (/[\r\n]/.test(value)) throw new Error(`${name}: received ${JSON.stringify(value)}, expected one line`);
  const line = `${name}=${written(value)}`;
  // Of several, the last one counts.
  const last = readAssignments(text, (of) => process.env[of]).findLast((one) => one.name === name);
  if (last) return `${text.slice(0, last.start)}${line}${text.slice(last.end)}`;
  const commented = new RegExp(`^#${name}=.*$`, 'm');
  if (commented.test(text)) return text.replace(commented, () => line);
  return `${text.replace(/\n*$/, '\n')}${line}\n`;
}
