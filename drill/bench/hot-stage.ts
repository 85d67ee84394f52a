import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DrillError } from '../kit/errors.ts';
import { isListening } from '../kit/processes.ts';
import { startLink } from '../kit/relay.ts';
import { freePorts, releasePorts } from '../kit/tcp-ports.ts';
import { invocation, type Program } from '../parts/program.ts';
import { apiFolder } from '../stage/rehearsed.ts';
import type { BenchStage } from './bench-stage.ts';
import type { Freezable } from './freezer.ts';
import { createTail } from './journal.ts';

const configs = {
  hot: fileURLToPath(new URL('stock-haproxy.cfg', import.meta.url)),
  'hot-tuned': fileURLToPath(new URL('tuned-haproxy.cfg', import.meta.url)),
};

/**
 * What a user would pick instead: both sites always on, HAProxy in front, and nothing else.
 * @param delayMs how long the way to the standby takes in each direction
 */
export async function startHotStage(
  name: keyof typeof configs,
  haproxy: Program,
  workDir: string,
  delayMs: number,
  processes: Freezable,
): Promise<BenchStage> {
  mkdirSync(workDir, { recursive: true });
  const ports = await freePorts(3);
  processes.onCleanup('ports', async () => releasePorts(ports));
  const [service = 0, primary = 0, standby = 0] = ports;
  const healthFaultFile = join(workDir, 'health-fault');
  const startApi = (site: 'primary' | 'standby', port: number, environment: Record<string, string>) =>
    processes.start({
      name: `hot ${site}`,
      command: process.execPath,
      args: [join(apiFolder, 'server.ts')],
      env: { ...process.env, PORT: String(port), BIND_ADDRESS: '127.0.0.1', SITE: site, ...environment },
      logFile: join(workDir, `${site}.log`),
      isReady: () => isListening(port),
    });
  const startPrimary = () => startApi('primary', primary, { HEALTH_FAULT_FILE: healthFaultFile });

  let running = await startPrimary();
  await startApi('standby', standby, {});
  const way = await startLink(standby, { delayMs });
  processes.onCleanup('way to the standby', way.stop);
  const call = invocation(haproxy, ['-db', '-f', configs[name]], {
    SERVICE_BIND: `127.0.0.1:${service}`,
    PRIMARY_ADDRESS: `127.0.0.1:${primary}`,
    STANDBY_ADDRESS: `127.0.0.1:${way.port}`,
  });
  await processes.start({
    name: 'hot haproxy',
    ...call,
    logFile: join(workDir, 'haproxy.log'),
    isReady: () => isListening(service),
  });
  const tails = ['primary', 'standby'].map((site) => createTail(join(workDir, `${site}.log`)));
  return {
    serviceUrl: `http://127.0.0.1:${service}/`,
    healthFaultFile,
    control: undefined,
    primary: () => running,
    async startPrimary() {
      if (running.isRunning()) throw new DrillError('the primary is running already');
      running = await startPrimary();
    },
    journal: async (text) => tails.flatMap((tail) => tail().filter((line) => line.includes(text))),
    freeze: processes.freeze,
    thaw: async () => processes.thaw(),
  };
}
