import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the range that kernels give to outgoing connections. A port from within it may be taken by a
 * client before its server starts, and a client that keeps trying such a port can even reach itself.
 */
const [first, last] = [20_000, 32_000];

/** TCP ports on 127.0.0.1 that are free now, all different from each other. Rejects if there are none. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > count + 1000)
      throw new Error(`no ${count} free TCP ports on 127.0.0.1 from ${first} to ${last}`);
    const port = randomInt(first, last);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
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
