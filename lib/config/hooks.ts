import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What may be run on the host around a start and a stop (lib/host/hooks.sh). */
const names: ReadonlySet<string> = new Set(['before-start', 'after-start', 'before-stop', 'after-stop']);

/** They travel in the document of Systems Manager, which may have 64 KB and has our script in it too. */
const mostBytes = 6000;

export type Hook = { readonly name: string; readonly content: Buffer };

/** The hooks of a service, from the folder that failover.yaml names; none without one. */
export const hooksOf = ({ hooks }: { readonly hooks?: string | undefined }): readonly Hook[] =>
  hooks === undefined
    ? []
    : readdirSync(hooks)
        .sort()
        .map((name) => ({ name, content: readFileSync(join(hooks, name)) }));

/** @returns what is wrong with a folder of hooks, as "received …, expected …"; undefined if nothing is */
export function flawOfHooks(folder: string): string | undefined {
  let all: readonly Hook[];
  try {
    all = hooksOf({ hooks: folder });
  } catch (error) {
    return `received "${folder}", expected a folder with hooks (${(error as Error).message})`;
  }
  const known = [...names].join(', ');
  if (all.length === 0) return `received an empty folder, "${folder}", expected some of ${known}`;
  const stranger = all.find(({ name }) => !names.has(name));
  if (stranger) return `received the file "${stranger.name}", expected only ${known}`;
  const mute = all.find(({ content }) => !content.subarray(0, 2).equals(Buffer.from('#!')));
  if (mute)
    return `received "${mute.name}" without "#!" at its beginning, expected a script that says what runs it`;
  const bytes = all.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes > mostBytes)
    return `received ${bytes} bytes in all, expected at most ${mostBytes}, because they travel with each command; call a program that is in the image of the host, or in a container`;
  return undefined;
}
