/** Which versions of the programs are used: those that this machine has or its release offers, or the newest. */
export type Versions = 'machine' | 'newest';

/** Says it to all that a program here starts. */
export const VERSIONS_VARIABLE = 'HYBRID_FAILOVER_VERSIONS';

const known: readonly string[] = ['machine', 'newest'] satisfies Versions[];

/** @throws Error that names what was received and what is taken */
export function versionsCalled(text: string, from: string): Versions {
  if (known.includes(text)) return text as Versions;
  throw new Error(`${from}: received "${text}", expected ${known.join(' or ')}`);
}
