import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PORTS_VARIABLE, portRanges } from './tcp-ports.ts';

/**
 * A place for one drill after another, beside others: what they must not share, and what the next one may
 * use again.
 */
export interface Slot {
  /** Ends the names of what is in the machine's one Docker daemon. */
  readonly name: string;
  /** What was synthesized in this slot is kept here. */
  readonly folder: string;
}

const NAME_VARIABLE = 'DRILL_SLOT';
const FOLDER_VARIABLE = 'DRILL_SLOT_FOLDER';

/** The slot that this drill was given; undefined if it has the machine for itself. */
export function ownSlot(env: Readonly<NodeJS.ProcessEnv> = process.env): Slot | undefined {
  const { [NAME_VARIABLE]: name, [FOLDER_VARIABLE]: folder } = env;
  return name && folder ? { name, folder } : undefined;
}

/** Makes slots in a folder that is there. Each is given as the variables for the drills in it. */
export function makeSlots(count: number, folder: string): Record<string, string>[] {
  return portRanges(count).map((ports, index) => {
    const name = String(index + 1);
    const own = join(folder, `slot-${name}`);
    mkdirSync(own);
    return { [NAME_VARIABLE]: name, [FOLDER_VARIABLE]: own, [PORTS_VARIABLE]: ports };
  });
}
