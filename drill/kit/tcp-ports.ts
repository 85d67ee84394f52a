import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
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

/**
 * What this process has given out. Long after a look at a port, its server may not have started yet (a standby's
 * does so in the middle of a drill), so the look alone would give the same port to two of them. A reservation is a
 * UDP socket of the port's number: nobody else here speaks UDP on these, every drill of this machine meets it, and
 * it ends with its process.
 */
const reserved = new Map<number, () => void>();

/**
 * TCP ports on 127.0.0.1 that are free now, all different from each other, and this process's own until
 * {@link releasePorts} or its end. Rejects if there are none.
 */
export async function freePorts(count: number): Promise<number[]> {
  const { first, last } = range();
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > count + 1000) {
      releasePorts(ports);
      throw new Error(`no ${count} free TCP ports on 127.0.0.1 from ${first} to ${last}`);
    }
    const port = randomInt(first, last + 1);
    if (await take(port)) ports.push(port);
  }
  return ports;
}

/** As {@link freePorts}, but in a range of one's own the same ones each time, unless they are taken. */
export async function steadyPorts(count: number): Promise<number[]> {
  const { own } = range();
  if (own === undefined) return freePorts(count);
  const taken: number[] = [];
  for (let port = own; port < own + count && (await take(port)); port++) taken.push(port);
  if (taken.length === count) return taken;
  releasePorts(taken);
  return freePorts(count);
}

/** Lets others have these ports again. */
export function releasePorts(ports: readonly number[]): void {
  for (const port of ports) {
    reserved.get(port)?.();
    reserved.delete(port);
  }
}

/** Whether nobody listens on this TCP port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', unlessTaken(resolve, reject));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Reserves a port if nobody has it. */
async function take(port: number): Promise<boolean> {
  if (!(await reserve(port))) return false;
  if (await isFree(port)) return true;
  releasePorts([port]);
  return false;
}

function reserve(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', unlessTaken(resolve, reject));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      reserved.set(port, () => socket.close());
      resolve(true);
    });
  });
}

const unlessTaken =
  (resolve: (free: false) => void, reject: (error: Error) => void) => (error: NodeJS.ErrnoException) =>
    error.code === 'EADDRINUSE' ? resolve(false) : reject(error);

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
