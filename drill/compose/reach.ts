import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Docker } from '../docker.ts';
import { DrillError } from '../errors.ts';
import { startLink } from '../link.ts';
import type { Processes } from '../processes.ts';

const run = promisify(execFile);

/** How containers reach what runs on this machine. */
export interface Reach {
  /** What listens on the loopback address only: opens a way to its port, and says its address for containers. */
  throughLink(port: number): Promise<string>;
}

/** @throws DrillError if Docker's default bridge is not there to be used */
export async function reachFromContainers(docker: Docker, processes: Processes): Promise<Reach> {
  const template = '{{range .IPAM.Config}}{{.Gateway}} {{end}}';
  const { stdout } = await run(docker.command, ['network', 'inspect', 'bridge', '--format', template]);
  // With IPv6 there are two.
  const gateway = stdout.split(' ').find((one) => /^\d+(\.\d+){3}$/.test(one));
  if (!gateway)
    throw new DrillError(
      `Docker's network "bridge" has no IPv4 gateway ("${stdout.trim()}"), by which containers reach this machine; start dockerd with its default bridge`,
    );
  return {
    async throughLink(port) {
      const link = await startLink(port, gateway);
      processes.onCleanup('link', link.stop);
      return `${gateway}:${link.port}`;
    },
  };
}
