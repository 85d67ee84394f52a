import { connect, createServer, type Socket } from 'node:net';
import { listen } from './http.ts';

/** A way for TCP connections that can be cut, as the line between a site and the cloud can. */
export interface Link {
  /** Where its near end listens. */
  readonly port: number;
  /** Breaks all connections (reset) and refuses new ones in the same way. */
  cut(): void;
  restore(): void;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/**
 * Starts a link to a port on the loopback address.
 * @param nearAddress where its near end listens: another address of this machine lets containers in
 */
export async function startLink(toPort: number, nearAddress = '127.0.0.1'): Promise<Link> {
  const near = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    // A reset is all that a broken line ends in, and its ends know it already.
    socket.on('error', () => {});
    if (isCut) {
      socket.resetAndDestroy();
      return;
    }
    near.add(socket);
    const far = connect(toPort, '127.0.0.1');
    far.on('error', () => socket.resetAndDestroy());
    far.on('close', () => socket.destroy());
    socket.on('close', () => {
      near.delete(socket);
      far.destroy();
    });
    socket.pipe(far);
    far.pipe(socket);
  });
  const port = await listen(server, 0, nearAddress);
  const breakAll = () => {
    for (const socket of near) socket.resetAndDestroy();
  };
  return {
    port,
    cut() {
      isCut = true;
      breakAll();
    },
    restore() {
      isCut = false;
    },
    stop() {
      breakAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
