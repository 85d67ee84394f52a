import { readFileSync } from 'node:fs';

/** In their order. The settings come before all of them. */
export const hostScripts = [
  'base.sh',
  'container.sh',
  'aws.sh',
  'secrets.sh',
  'identity.sh',
  'link.sh',
  'line.sh',
  'hooks.sh',
  'image.sh',
  'freeze.sh',
  'start.sh',
  'wake.sh',
  'standby.sh',
] as const;

/** The lines of one of them. */
export function linesOf(name: (typeof hostScripts)[number]): string[] {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
}

/**
 * What the document runs on the host, after its settings. Without comments and indentation: a document may have 64 KB,
 * and what the services need of it is theirs.
 */
export const hostScript = (): string[] =>
  hostScripts
    .flatMap(linesOf)
    .filter((line) => !/^\s*(#(?!!)|$)/.test(line))
    .map((line) => line.trimStart());
