/**
 * Which services a nudge is about. It says where to look, never what is true: the reconciler looks for
 * itself. Anything that names no service is about all of them.
 */
export function servicesOf(event: unknown, all: readonly string[]): readonly string[] {
  const named = (event as { services?: unknown } | null)?.services;
  if (!Array.isArray(named)) return all;
  return all.filter((service) => named.includes(service));
}
