/** Where a service stands, and which site is in charge then. */

export type Site = 'primary' | 'standby';

/**
 * Where a service stands. The site in charge follows from it (see {@link siteOf}), so that the two
 * can never contradict each other.
 */
export type Phase = 'home' | 'warming' | 'cooling' | 'starting' | 'serving' | 'draining' | 'stopping';

/** The site in charge. */
export function siteOf(phase: Phase): Site {
  return phase === 'starting' || phase === 'serving' ? 'standby' : 'primary';
}
