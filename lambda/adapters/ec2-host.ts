import type { EC2Client } from '@aws-sdk/client-ec2';
import type { HostState } from '../domain/types.ts';
import type { Host } from '../ports.ts';

const states: readonly HostState[] = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
];

/**
 * The EC2 client is the largest import by far, and only a host that does not answer needs it: it is
 * loaded on the first use. @param connect makes the client
 */
export function ec2Host(instanceId: string, connect: () => Promise<EC2Client>): Host {
  return {
    async state() {
      const [client, { DescribeInstancesCommand }] = await Promise.all([
        connect(),
        import('@aws-sdk/client-ec2'),
      ]);
      const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
      const name = Reservations?.[0]?.Instances?.[0]?.State?.Name;
      const state = states.find((known) => known === name);
      if (!state)
        throw new Error(`state of ${instanceId}: received ${name}, expected one of ${states.join(', ')}`);
      return state;
    },
    async start() {
      const [client, { StartInstancesCommand }] = await Promise.all([
        connect(),
        import('@aws-sdk/client-ec2'),
      ]);
      await client.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
    },
  };
}
