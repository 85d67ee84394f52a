import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Capacity } from '../../domain/capacity.ts';
import type { CapacityProvider } from '../../ports.ts';

/** EC2's names for the state of an instance. */
const capacities: ReadonlyMap<string | undefined, Capacity> = new Map([
  ['pending', 'starting'],
  ['running', 'on'],
  ['stopping', 'stopping'],
  ['shutting-down', 'stopping'],
  ['stopped', 'off'],
  ['terminated', 'gone'],
]);

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
export function ec2Capacity(instanceId: string, connect: () => Promise<EC2Client>): CapacityProvider {
  const load = () => Promise.all([connect(), import('@aws-sdk/client-ec2')]);
  return {
    async state() {
      const [client, { DescribeInstancesCommand }] = await load();
      const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
      const name = Reservations?.[0]?.Instances?.[0]?.State?.Name;
      const capacity = capacities.get(name);
      if (capacity) return capacity;
      throw new Error(
        `state of ${instanceId}: received ${name}, expected one of ${[...capacities.keys()].join(', ')}`,
      );
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
