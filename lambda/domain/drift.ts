/** Drift: the host is not as the control plane left it, or not as it should be for the next start. */

import { addEntry, type Draft, inSeconds, set } from './draft.ts';
import type { StandbyFacts } from './observation.ts';
import { isWokenBySite } from './wakes.ts';

/** @param drift what on the host is not as it should be; undefined if all is well */
export function reportDrift(d: Draft, drift: string | undefined): void {
  if (drift === d.next.drift) return;
  if (drift) addEntry(d, 'drift', 'drift', { detail: drift, nextAt: inSeconds(d, d.policy.inspectSeconds) });
  else addEntry(d, 'drift-gone', 'drift', { quiet: true });
  set(d, { drift });
}

/** What is not as it should be on a host whose standby sleeps. */
export function driftOf(d: Draft, facts: StandbyFacts): string | undefined {
  if (facts.runs && !isWokenBySite(facts)) return 'the standby runs, and nobody here started it';
  if (facts.trouble) return `the host says: ${facts.trouble}; a start may fail`;
  return imageDrift(d, facts);
}

/** Names differ from registry to registry, so only what names the content is compared. */
export function imageDrift(d: Draft, { image, id, digest }: StandbyFacts): string | undefined {
  const primary = d.observation.evidence.primaryImage;
  const hash = primary && /sha256:[0-9a-f]{64}/.exec(primary)?.[0];
  if (!hash || hash === id || digest?.endsWith(hash)) return undefined;
  return `the standby's image is ${image} (${digest ?? id}), the primary's is ${primary}`;
}
