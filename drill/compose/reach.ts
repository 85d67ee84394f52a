import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Docker } from '../kit/docker.ts';
import { DrillError } from '../kit/errors.ts';
import type { Processes } from '../kit/processes.ts';
import { startLink } from '../kit/relay.ts';

const run = promisify(execFile);

/** How containers reach what runs on this machine. */
export interface Reach {
  /** What listens on the loopback address only: opens a way to its port, and says its address for containers. */
  throughLink(port: number): Promise<string>;
}

/** @throws DrillError if Docker's default bridge is not there to be used */
export async function reachFromContainers(docker: Docker, processes: Processes): Promise<Reach> {
  const template = '{{range .IPAM.Config}}{{.Gateway}} {{.Subnet}} {{end}}';
  const { stdout } = await run(docker.command, ['network', 'inspect', 'bridge', '--format', template]);
  const gateway = gatewayIn(stdout);
  if (!gateway)
    throw new DrillError(
      `Docker's network "bridge" has no IPv4 gateway ("${stdout.trim()}"), by which containers reach this machine; start dockerd with its default bridge`,
    );
  return {
    async throughLink(port) {
      const link = await startLink(port, { nearAddress: gateway });
      processes.onCleanup('link', link.stop);
      return `${gateway}:${link.port}`;
    },
  };
}

/**
 * The IPv4 gateway among the gateways and subnets of a network, which with IPv6 are two of each. A daemon that has
 * run no container yet names none (Docker 20.10): it takes the first address of its subnet.
 */
export function gatewayIn(addresses: string): string | undefined {
  const all = addresses.split(/\s+/);
  const subnet = all.find((one) => /^\d+(\.\d+){3}\/\d+$/.test(one));
  return (
    all.find((one) => /^\d+(\.\d+){3}$/.test(one)) ??
    subnet?.replace(/(\d+)\/\d+$/, (_, last: string) => String(Number(last) + 1))
  );
}
