import { createServer } from 'node:net';

/** Asks the kernel for TCP ports on 127.0.0.1 that are free now, all different from each other. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held open until the last is known, or the kernel could give the same one twice.
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            if (address === null || typeof address === 'string') reject(new Error('no TCP port was given'));
            else resolve(address.port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
