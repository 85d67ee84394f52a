import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownSlot } from '../kit/slot.ts';
import { findParts } from './find.ts';
import type { Program } from './program.ts';

/** The programs of a site. */
export const siteParts = ['haproxy', 'prometheus', 'alertmanager', 'blackbox_exporter'] as const;
export type PartOfSite = (typeof siteParts)[number];
export type SiteParts = Record<PartOfSite, Program>;

/** Those, and the program at the other end of the link to the standby. */
export type Parts = SiteParts & { readonly stunnel: Program };

/** All programs of a drill; in a slot they are looked for once. */
export async function partsOfDrill(
  progress: (line: string) => void,
  mounts: readonly string[],
): Promise<Parts> {
  const slot = ownSlot();
  const file = slot && join(slot.folder, 'parts.json');
  if (file && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const found = await findParts([...siteParts, 'stunnel'], { progress, mounts });
  // A container sees only the folders that it was given, and each drill has its own.
  const isReusable = Object.values(found).every(({ source }) => source !== 'docker');
  if (file && isReusable) writeFileSync(file, JSON.stringify(found));
  return found;
}
