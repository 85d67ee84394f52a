import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findParts, type Program } from './parts/index.ts';
import { type SiteParts, siteParts } from './site.ts';
import { ownSlot } from './slot.ts';

/** The programs of a site, and the one that its link to the standby has at the other end. */
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
