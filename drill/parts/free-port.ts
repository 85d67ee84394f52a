import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** `20000-25999`: drills that run side by side are given ranges of their own, for a port stays free a while. */
export const PORTS_VARIABLE = 'DRILL_PORTS';

/** Ports at the beginning of a range of one's own that are given out only by name, the same ones each time. */
const STEADY = 10;

/**
 * Below the range that kernels give to outgoing connections. A port from within it may be taken by a
 * client before its server starts, and a client that keeps trying such a port can even reach itself.
 */
const everything = { first: 20_000, last: 31_999 };

/** TCP ports on 127.0.0.1 that are free now, all different from each other. Rejects if there are none. */
export async function freePorts(count: number): Promise<number[]> {
  const { first, last } = range();
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > count + 1000)
      throw new Error(`no ${count} free TCP ports on 127.0.0.1 from ${first} to ${last}`);
    const port = randomInt(first, last + 1);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

/** As {@link freePorts}, but in a range of one's own the same ones each time, unless they are taken. */
export async function steadyPorts(count: number): Promise<number[]> {
  const { own } = range();
  const steady = Array.from({ length: count }, (_, index) => (own ?? 0) + index);
  const areFree = own !== undefined && (await Promise.all(steady.map(isFree))).every(Boolean);
  return areFree ? steady : freePorts(count);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** `own` is where a range of one's own begins. */
function range(): { first: number; last: number; own?: number } {
  const [own = 0, last = 0] = (process.env[PORTS_VARIABLE] ?? '').split('-').map(Number);
  const isSound = own >= everything.first && last <= everything.last && own + STEADY < last;
  return isSound ? { first: own + STEADY, last, own } : everything;
}

/** Equal shares of all ports, as the variable takes them. */
export function portRanges(shares: number): string[] {
  const size = Math.floor((everything.last - everything.first + 1) / shares);
  return Array.from({ length: shares }, (_, share) => {
    const first = everything.first + share * size;
    return `${first}-${first + size - 1}`;
  });
}
