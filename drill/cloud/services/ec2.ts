import { EventEmitter, once } from 'node:events';
import { AwsError } from '../aws-error.ts';
import type { Service } from '../endpoint.ts';
import type { Tell } from '../happenings.ts';
import { type Background, type Latencies, pass } from '../latencies.ts';
import type { StandbyHost } from '../standby-host.ts';
import type { Json } from '../values.ts';
import type { EventBus } from './events.ts';

type State = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

const STATE_CODES: Readonly<Record<State, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

interface Instance {
  readonly id: string;
  type: string;
  state: State;
  /** Whether the SSM agent is registered. */
  online: boolean;
}

/** The EC2 stand-in: its calls, and what SSM asks about instances. */
export interface Ec2 {
  readonly service: Service;
  stop(instanceId: string): void;
  /** Ends an instance for good, with all that is on it. */
  terminate(instanceId: string): Promise<void>;
  /** Makes an instance; settles when it runs. Its agent registers later. */
  launch(instance: { readonly id: string; readonly type: string }): Promise<void>;
  state(instanceId: string): string | undefined;
  type(instanceId: string): string | undefined;
  isOnline(instanceId: string): boolean;
  whenOnline(instanceId: string, signal: AbortSignal): Promise<void>;
}

/** What instances need of their surroundings. */
export interface Ec2World {
  readonly latencies: Latencies;
  readonly background: Background;
  readonly events: Pick<EventBus, 'put'>;
  readonly tell: Tell;
  readonly host: StandbyHost;
  instanceArn(instanceId: string): string;
  /** Whether the instance's role lets its SSM agent register. */
  mayRegister(instanceId: string): Promise<boolean>;
}

/** @param existing the instances that exist; all of them stand for the one host */
export async function createEc2(
  existing: readonly { readonly id: string; readonly type: string }[],
  initial: 'running' | 'stopped',
  world: Ec2World,
): Promise<Ec2> {
  const registered = new EventEmitter();
  const instances = new Map(
    existing.map((one): [string, Instance] => [one.id, { ...one, state: initial, online: false }]),
  );
  for (const instance of instances.values())
    instance.online = initial === 'running' && (await world.mayRegister(instance.id));

  const move = (instance: Instance, state: State) => {
    instance.state = state;
    if (state !== 'running') instance.online = false;
    world.tell({ kind: 'instance-state', instanceId: instance.id, state });
    world.events.put({
      source: 'aws.ec2',
      detailType: 'EC2 Instance State-change Notification',
      resources: [world.instanceArn(instance.id)],
      detail: { 'instance-id': instance.id, state },
    });
  };

  const boot = async (instance: Instance) => {
    await pass(world.latencies.instanceStartSeconds, world.background.signal);
    if (instance.state !== 'pending') return;
    move(instance, 'running');
    await world.host.boot();
    await register(instance);
  };

  const register = async (instance: Instance) => {
    await pass(world.latencies.agentOnlineSeconds, world.background.signal);
    // It may have been stopped again in the meantime.
    if (instance.state !== 'running' || !(await world.mayRegister(instance.id))) return;
    instance.online = true;
    registered.emit(instance.id);
  };

  const halt = async (instance: Instance) => {
    await world.host.shutdown();
    await pass(world.latencies.instanceStopSeconds, world.background.signal);
    move(instance, 'stopped');
  };

  const change = (
    input: Json,
    from: State,
    to: State,
    finish: (instance: Instance) => Promise<void>,
  ): Json => {
    const chosen = selected(input, instances);
    // EC2 changes all instances of a request or none.
    for (const { id, state } of chosen) {
      if (changeable(state, from, to)) continue;
      throw new AwsError(
        'IncorrectInstanceState',
        `The instance '${id}' is not in a state from which it can be changed.`,
      );
    }
    const changes = chosen.map((instance) => {
      const previous = instance.state;
      if (previous === from) {
        move(instance, to);
        world.background.start(() => finish(instance));
      }
      return {
        instanceId: instance.id,
        currentState: stateOf(instance.state),
        previousState: stateOf(previous),
      };
    });
    return { instancesSet: changes };
  };

  const stop = (input: Json) => change(input, 'running', 'stopping', halt);
  const touched = (input: Json) => idsOf(input).map((id) => world.instanceArn(id));
  return {
    service: {
      deniedCode: 'UnauthorizedOperation',
      operations: {
        DescribeInstances: { resources: () => ['*'], run: (input) => describeInstances(input, instances) },
        StartInstances: { resources: touched, run: (input) => change(input, 'stopped', 'pending', boot) },
        StopInstances: { resources: touched, run: stop },
        ModifyInstanceAttribute: {
          resources: ({ InstanceId }) => [world.instanceArn(String(InstanceId))],
          run: (input) => modify(input, instances),
        },
      },
    },
    stop: (id) => void stop({ 'InstanceId.1': id }),
    async terminate(id) {
      const instance = instanceWith(id, instances);
      if (instance.state === 'terminated') return;
      move(instance, 'shutting-down');
      await world.host.replace();
      move(instance, 'terminated');
    },
    async launch(one) {
      const instance: Instance = { ...one, state: 'pending', online: false };
      instances.set(one.id, instance);
      move(instance, 'pending');
      await pass(world.latencies.instanceStartSeconds, world.background.signal);
      move(instance, 'running');
      world.background.start(() => register(instance));
    },
    state: (id) => instances.get(id)?.state,
    type: (id) => instances.get(id)?.type,
    isOnline: (id) => instances.get(id)?.online ?? false,
    async whenOnline(id, signal) {
      if (!instances.get(id)?.online) await once(registered, id, { signal });
    },
  };
}

/** Starting what starts or runs is no error, nor is stopping what stops or is stopped. */
function changeable(state: State, from: State, to: State): boolean {
  const after: State = to === 'pending' ? 'running' : 'stopped';
  return state === from || state === to || state === after;
}

function stateOf(state: State): Json {
  return { code: STATE_CODES[state], name: state };
}

/** EC2's query protocol numbers the members of a list: InstanceId.1, InstanceId.2, … */
function idsOf(input: Json): string[] {
  return Object.entries(input)
    .filter(([name]) => /^InstanceId\.\d+$/.test(name))
    .map(([, id]) => String(id));
}

function selected(input: Json, instances: ReadonlyMap<string, Instance>): Instance[] {
  const unserved = Object.keys(input).find(
    (name) => !/^(InstanceId\.\d+|IncludeAllInstances|MaxResults)$/.test(name),
  );
  if (unserved) throw new AwsError('UnknownParameter', `the drill does not serve the parameter ${unserved}`);
  return idsOf(input).map((id) => instanceWith(id, instances));
}

function instanceWith(id: string, instances: ReadonlyMap<string, Instance>): Instance {
  if (!/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) {
    throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
  }
  const found = instances.get(id);
  if (!found) throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
  return found;
}

/** The one attribute that is ever changed is the type, and only of an instance that is stopped. */
function modify(input: Json, instances: ReadonlyMap<string, Instance>): Json {
  const { InstanceId, 'InstanceType.Value': type, ...others } = input;
  const [unserved] = Object.keys(others);
  if (unserved) throw new AwsError('UnknownParameter', `the drill does not serve the parameter ${unserved}`);
  const instance = instanceWith(String(InstanceId), instances);
  if (typeof type !== 'string' || !/^[a-z][\w-]*\.[\w-]+$/.test(type))
    throw new AwsError('InvalidInstanceAttributeValue', `Invalid value '${String(type)}' for instanceType.`);
  if (instance.state !== 'stopped') {
    throw new AwsError(
      'IncorrectInstanceState',
      `The instance '${instance.id}' is not in the 'stopped' state.`,
    );
  }
  instance.type = type;
  return { return: true };
}

function describeInstances(input: Json, instances: ReadonlyMap<string, Instance>): Json {
  const chosen = idsOf(input).length > 0 ? selected(input, instances) : [...instances.values()];
  return {
    reservationSet: chosen.map(({ id, state, type }) => ({
      reservationId: `r-${id.slice(2)}`,
      instancesSet: [{ instanceId: id, instanceState: stateOf(state), instanceType: type }],
    })),
  };
}
