import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** HAProxy changed its mind about a server. Times are Unix milliseconds. */
export interface ServerChange {
  readonly at: number;
  readonly server: string;
  readonly state: 'UP' | 'DOWN';
}

/** Receives HAProxy's syslog. */
export interface HaproxyLog {
  /** As HAPROXY_LOG takes it. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Listens on a free loopback port, writes every line to the file and tells the changes. */
export async function startHaproxyLog(
  file: string,
  onChange: (change: ServerChange) => void,
): Promise<HaproxyLog> {
  const log = createWriteStream(file, { flags: 'a' });
  const socket = createSocket('udp4', (message) => {
    const line = String(message).trim();
    log.write(`${line}\n`);
    const change = readChange(line, Date.now());
    if (change) onChange(change);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async stop() {
      socket.close();
      log.end();
      await once(log, 'close');
    },
  };
}

/** Reads lines such as `Server service/primary is DOWN, reason: …`. */
export function readChange(line: string, at: number): ServerChange | undefined {
  const [, server, state] = /Server service\/(\S+) is (UP|DOWN)\b/.exec(line) ?? [];
  return server && (state === 'UP' || state === 'DOWN') ? { at, server, state } : undefined;
}
