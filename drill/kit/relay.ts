import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { listen } from './http.ts';

/** A way for TCP connections that can be cut, as the line between a site and the cloud can. */
export interface Link {
  /** Where its near end listens. */
  readonly port: number;
  /** When each connection was opened (Unix milliseconds). */
  readonly opened: readonly number[];
  /** Breaks all connections (reset) and refuses new ones in the same way. */
  cut(): void;
  restore(): void;
  /** Ends it for good. */
  stop(): Promise<void>;
}

export interface LinkOptions {
  /** Where its near end listens: another address of this machine lets containers in. */
  readonly nearAddress?: string;
  /** How long everything takes in each direction; the opening of a connection takes twice as long. */
  readonly delayMs?: number;
}

/** Starts a link to a port on the loopback address. */
export async function startLink(
  toPort: number,
  { nearAddress = '127.0.0.1', delayMs = 0 }: LinkOptions = {},
): Promise<Link> {
  const near = new Set<Socket>();
  const opened: number[] = [];
  let isCut = false;
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    // A reset is all that a broken line ends in, and its ends know it already.
    socket.on('error', () => {});
    if (isCut) {
      socket.resetAndDestroy();
      return;
    }
    opened.push(Date.now());
    near.add(socket);
    const join = () => {
      if (socket.destroyed) return;
      const far = connect({ port: toPort, host: '127.0.0.1', noDelay: true });
      const later = (what: () => void) => (delayMs === 0 ? what() : void setTimeout(what, delayMs));
      far.on('error', () => later(() => socket.resetAndDestroy()));
      // After what it has sent, which may still be under way.
      far.on('close', () => later(() => socket.end()));
      socket.on('close', () => later(() => far.destroy()));
      if (delayMs === 0) {
        socket.pipe(far);
        far.pipe(socket);
      } else {
        socket.pipe(delayed(delayMs)).pipe(far);
        far.pipe(delayed(delayMs)).pipe(socket);
      }
      socket.resume();
    };
    socket.on('close', () => near.delete(socket));
    // The kernel has taken the connection; with a far end, that takes a round trip.
    if (delayMs === 0) join();
    else setTimeout(join, 2 * delayMs);
  });
  const port = await listen(server, 0, nearAddress);
  const breakAll = () => {
    for (const socket of near) socket.resetAndDestroy();
  };
  return {
    port,
    opened,
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

/** What goes in comes out so much later, in its order. */
function delayed(delayMs: number): Transform {
  const later = (done: () => void) => void setTimeout(done, delayMs);
  return new Transform({
    readableHighWaterMark: 1 << 20,
    writableHighWaterMark: 1 << 20,
    transform(chunk, _, next) {
      // Without waiting for it: what comes next is delayed as long, and not longer.
      later(() => void (this.destroyed || this.push(chunk)));
      next();
    },
    flush(done) {
      later(done);
    },
  });
}
