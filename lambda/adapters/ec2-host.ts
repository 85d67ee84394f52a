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

/** What EC2 answers when it has no machine of this type here and now. */
const noCapacity: ReadonlySet<string> = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientCapacity',
]);

/**
 * The EC2 client is the largest import by far, and only a host that does not answer needs it: it is
 * loaded on the first use. @param connect makes the client
 */
export function ec2Host(instanceId: string, connect: () => Promise<EC2Client>): Host {
  const load = () => Promise.all([connect(), import('@aws-sdk/client-ec2')]);
  return {
    async state() {
      const [client, { DescribeInstancesCommand }] = await load();
      const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
      const name = Reservations?.[0]?.Instances?.[0]?.State?.Name;
      const state = states.find((known) => known === name);
      if (!state)
        throw new Error(`state of ${instanceId}: received ${name}, expected one of ${states.join(', ')}`);
      return state;
    },
    async start(instanceType) {
      const [client, { ModifyInstanceAttributeCommand, StartInstancesCommand }] = await load();
      if (instanceType) {
        const change = { InstanceId: instanceId, InstanceType: { Value: instanceType } };
        await client.send(new ModifyInstanceAttributeCommand(change));
      }
      try {
        await client.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
        return 'requested';
      } catch (error) {
        if (error instanceof Error && noCapacity.has(error.name)) return 'no-capacity';
        throw error;
      }
    },
    async stop() {
      const [client, { StopInstancesCommand }] = await load();
      await client.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    },
  };
}
