/** Far from the ports that people choose, and below 65,536 for every one of them. */
const OFFSET = 10_000;

/**
 * Where a service's container is published on the host's loopback address: the port that the site calls is
 * taken by who decrypts.
 */
export function loopbackPortOf({ port, loopbackPort }: { port: number; loopbackPort?: number | undefined }) {
  return loopbackPort ?? (port + OFFSET <= 65_535 ? port + OFFSET : port - OFFSET);
}
