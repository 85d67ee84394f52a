import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { LineCounter, parseDocument } from 'yaml';
import { flawOfHooks } from './hooks.ts';
import { type Config, schema } from './schema.ts';

/** A mistake in the configuration, told in one line that names the file and the key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads and checks a configuration file; paths in it count from its own folder.
 * @throws ConfigError with the first mistake
 */
export function loadConfig(file: string): Config {
  const config = parseConfig(read(file), file);
  return {
    ...config,
    services: config.services.map((service) => withHooksFolder(withBuildFolder(service, file), file)),
  };
}

/** As {@link loadConfig}, for text that is already at hand; `file` is only named in errors. */
function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) throw new ConfigError(`${file}: not YAML: ${broken.message.split('\n')[0]}`);
  const content: unknown = document.toJS() ?? {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigError(`${file}: received ${shown(content)}, expected keys and values`);
  }
  const result = v.safeParse(schema, content, { abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue, ...others] = result.issues;
  const more = others.length > 0 ? ` (and ${others.length} more after this one)` : '';
  throw new ConfigError(`${file}: ${describe(issue)}${more}`);
}

function describe(issue: v.BaseIssue<unknown>): string {
  const key = v.getDotPath(issue) ?? '';
  if (issue.expected === 'never') return `${key}: unknown key; docs/configuration.md has the known ones`;
  if (issue.received === 'undefined') return `${key}: missing; docs/configuration.md says what belongs there`;
  // A bad name of a key is told as itself. A rule across several keys has the whole as its input, and names
  // the key that is wrong.
  const at = issue.path?.at(-1);
  const received = at?.origin === 'key' ? at.key : at ? at.value : issue.input;
  return `${key}: received ${shown(received)}, expected ${expected(issue)}`;
}

/** Our own messages complete "expected …"; where the schema has none, the library's word is enough. */
function expected(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  const bounds: Record<string, string> = { min_value: 'at least', max_value: 'at most' };
  const bound = bounds[issue.type];
  if (bound && 'requirement' in issue) return `${bound} ${String(issue.requirement)}`;
  return issue.expected?.toLowerCase() ?? issue.message;
}

function shown(input: unknown): string {
  const text = JSON.stringify(input) ?? String(input);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `${file}: cannot be read (${(error as Error).message}); expected a configuration file`,
    );
  }
}

function withBuildFolder(service: Config['services'][number], file: string) {
  if (service.build === undefined) return service;
  const build = resolve(dirname(file), service.build);
  if (!existsSync(join(build, 'Dockerfile'))) {
    const key = `services.${service.name}.build`;
    throw new ConfigError(
      `${file}: ${key}: received "${service.build}", expected a folder with a Dockerfile`,
    );
  }
  return { ...service, build };
}

function withHooksFolder(service: Config['services'][number], file: string) {
  if (service.hooks === undefined) return service;
  const hooks = resolve(dirname(file), service.hooks);
  const flaw = flawOfHooks(hooks);
  if (flaw) throw new ConfigError(`${file}: services.${service.name}.hooks: ${flaw}`);
  return { ...service, hooks };
}
