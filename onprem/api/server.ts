import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type App, handle } from './app.ts';
import { record } from './journal.ts';
import { Metrics } from './metrics.ts';
import { readSettings, SettingError, type Settings } from './settings.ts';

/** Longer than any proxy in front keeps an idle connection: the proxy, not we, must be the one to close. */
const keepAliveSeconds = 75;

function main(): void {
  const settings = settingsOrExit();
  const { site, host } = settings;
  let signalled = false;
  const isStale = watchPauses(settings.staleAfterMilliseconds);
  const app: App = { settings, metrics: new Metrics(), shuttingDown: () => signalled, isStale };

  const server = createServer((request, response) => {
    // Begun before the signal, answered after it: its connection is idle now and would hold up the exit.
    response.once('close', () => signalled && server.closeIdleConnections());
    handle(app, request, response).catch((error: unknown) => {
      // A client that went away in the middle of its body is no fault of ours.
      if (request.errored === null) console.error(error);
      response.destroy();
    });
  });
  server.keepAliveTimeout = keepAliveSeconds * 1000;
  server.on('error', (error) => exitWith(1, `cannot listen: ${error.message}`));
  server.listen(settings.port, settings.bindAddress, () => {
    const { port } = server.address() as AddressInfo;
    record({ event: 'listening', port, site, host });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // A second signal means "at once".
      if (signalled) process.exit(1);
      signalled = true;
      record({ event: 'shutdown', signal, site, host });
      shutDown(server, settings.shutdownGraceSeconds);
    });
  }
}

/** Says whether this process was ever paused for longer; never for 0. */
function watchPauses(longestMilliseconds: number): () => boolean {
  if (longestMilliseconds === 0) return () => false;
  let seenAt = Date.now();
  let wasPaused = false;
  const look = () => {
    const now = Date.now();
    wasPaused ||= now - seenAt > longestMilliseconds;
    seenAt = now;
    return wasPaused;
  };
  setInterval(look, longestMilliseconds / 4).unref();
  return look;
}

/** Stops accepting, lets what is in flight finish, and exits: 0 if all of it did, 1 if the grace ended it. */
function shutDown(server: Server, graceSeconds: number): void {
  const grace = setTimeout(() => {
    console.error(`requests were still in flight after ${graceSeconds} s; they are cut`);
    process.exit(1);
  }, graceSeconds * 1000);
  server.close(() => {
    clearTimeout(grace);
    process.exit(0);
  });
  // `close` alone would wait for the idle connections of the proxy until they time out.
  server.closeIdleConnections();
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (error instanceof SettingError) return exitWith(2, error.message);
    throw error;
  }
}

function exitWith(code: number, line: string): never {
  console.error(line);
  process.exit(code);
}

main();
