import { wokenServices } from '../contract/events.ts';

/**
 * Which services a nudge is about. It says where to look, never what is true: the reconciler looks for
 * itself. Anything that names no service is about all of them.
 */
export function servicesOf(event: unknown, all: readonly string[]): readonly string[] {
  const named = wokenServices(event);
  return named ? all.filter((service) => named.includes(service)) : all;
}

/** A nudge of the receiver must be fast. Ticks and events may take the time to look at everything. */
export function isThorough(event: unknown): boolean {
  return (event as { services?: unknown } | null)?.services === undefined;
}
