import { DrillError, messageOf } from '../kit/errors.ts';
import { accessKeyOf, callerOf, credentials, sandboxEnvironment } from './credentials.ts';
import { type Deployed, deployments } from './deployments.ts';
import { startEndpoint } from './endpoint.ts';
import { createFaults, type Faults } from './faults.ts';
import type { FunctionSettings } from './function-settings.ts';
import type { Functions } from './functions.ts';
import type { Happening, Tell } from './happenings.ts';
import type { Iam } from './iam/index.ts';
import { agentRequests, callerOfInstance } from './iam/instances.ts';
import { type AccessRequest, type Authorize, byService } from './iam/request.ts';
import { DEFAULT_LATENCIES, type Latencies, startBackground } from './latencies.ts';
import { startDynamoDb } from './services/dynamodb.ts';
import { createEc2 } from './services/ec2.ts';
import type { EventBus } from './services/events.ts';
import { startGateway } from './services/gateway.ts';
import { createSecrets } from './services/secrets.ts';
import { createSsm } from './services/ssm.ts';
import type { StandbyHost } from './standby-host.ts';
import type { Assembly } from './template.ts';
import { asList } from './values.ts';

/** What a stand-in cloud is made of. */
export interface CloudOptions {
  readonly assembly: Assembly;
  /** Logs of the functions are written below it. */
  readonly workDir: string;
  readonly host: StandbyHost;
  /** Where mail to the topic's subscribers is handed over (loopback). */
  readonly smtpPort: number;
  readonly latencies?: Partial<Latencies>;
  /** Instances that exist besides those of the assembly. */
  readonly existingInstances?: readonly string[];
  /** Secrets that exist besides those of the assembly: values by ARN. */
  readonly existingSecrets?: Readonly<Record<string, string>>;
  /** Secrets of people that are not the webhook's token, such as certificates for public names: values by ARN. */
  readonly otherSecrets?: Readonly<Record<string, string>>;
  /** What people have put into parameters: values by name. */
  readonly existingParameters?: Readonly<Record<string, string>>;
  readonly instanceState?: 'running' | 'stopped';
  /** Decides in place of the assembly's policies. */
  readonly authorize?: Authorize;
  /** Changes what the template gives a function as its environment. */
  readonly environment?: (given: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
  /** Told everything that happens, in order. */
  readonly onHappening: (happening: Happening) => void;
}

/** A running stand-in cloud. */
export interface Cloud {
  /** The HTTP API, and the webhook in it. */
  readonly apiUrl: string;
  readonly webhookUrl: string;
  /** Secret strings that are current now, by ARN. */
  readonly secrets: ReadonlyMap<string, string>;
  /** The webhook's token, as it is now: the one secret of the assembly. */
  readonly token: string;
  /** What the parameter store holds, by name. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Physical names of the tables. */
  readonly tables: readonly string[];
  readonly instanceIds: readonly string[];
  /** E-mail addresses of all topics. */
  readonly subscribers: readonly string[];
  /** The settings with which an SDK client, or a command-line tool, talks to this cloud as an operator. */
  readonly operatorEnvironment: Readonly<Record<string, string>>;
  /** Of the first deployment: another host has grants of its own, which are the same for all others. */
  readonly iam: Iam;
  /** What goes wrong on purpose. */
  readonly faults: Faults;
  /**
   * Invokes a function (by logical or physical name, or an alias) and waits for its answer, as an operator does.
   * @throws DrillError with the function's error
   */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Invokes a function (by logical or physical name) and forgets it, as a nudge from outside would. */
  nudge(functionName: string, event: unknown): void;
  /** Fires the schedules of the assembly now, as if their time had come. */
  tick(): void;
  /** Stops an instance, as somebody could in the console. */
  stopInstance(instanceId: string): void;
  instanceState(instanceId: string): string | undefined;
  instanceType(instanceId: string): string | undefined;
  /** Writes a parameter of Systems Manager, as a person or a deployment does. */
  putParameter(name: string, value: string): void;
  /** Puts a value into a secret of people, which is made if it is not there. */
  putSecret(arn: string, value: string): void;
  /** Ends an instance for good, as somebody could in the console. */
  terminateInstance(instanceId: string): Promise<void>;
  /** Settles when the associations of the assembly have been applied, as they are after a deployment. */
  readonly prepared: Promise<void>;
  /** Applies the associations again, as their schedule does once a day. */
  applyAssociations(): Promise<void>;
  /**
   * Deploys another assembly over the one that is there, as CloudFormation would: what has not changed stays, a host of
   * another make takes the place of the one before, parameters that have changed are written anew.
   * Settles when the stacks are updated; `prepared` when the associations that have changed have been applied.
   */
  redeploy(assembly: Assembly): Promise<{ readonly prepared: Promise<void> }>;
  stop(): Promise<void>;
}

/**
 * Brings up what the assembly would deploy, with AWS's own services stood in for.
 * @throws DrillError if the assembly needs anything that the drill does not serve
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { assembly, host } = options;
  const latencies = { ...DEFAULT_LATENCIES, ...options.latencies };
  const tell: Tell = (told) => options.onHappening({ at: Date.now(), ...told } as Happening);
  const onFault = (error: unknown) => tell({ kind: 'fault', message: messageOf(error) });
  const background = startBackground(onFault);
  const place = { region: assembly.region, accountId: assembly.accountId };

  let endpointUrl = '';
  const { faults, gate } = createFaults((sandbox) => kill(sandbox), tell);
  const environment = (one: FunctionSettings, sandbox: string) => ({
    ...sandboxEnvironment(one, sandbox, place.region, endpointUrl),
    ...(options.environment ?? ((given) => given))(one.environment),
  });
  const make = deployments({ ...options, latencies, background, gate, tell, environment });
  const first = make(assembly);
  let now = first;
  const all = [first];
  const kill = async (sandbox: string) =>
    void (await Promise.all(all.map(({ functions }) => functions.kill(sandbox))));
  const authorize: Authorize = (request) => now.iam.authorize(request);
  const events: Pick<EventBus, 'put'> = { put: (event) => now.events.put(event) };

  const instances = [
    ...instancesOf(assembly),
    ...(options.existingInstances ?? []).map((id) => ({ id, type: USUAL_TYPE })),
  ];
  const instanceArn = (id: string) => `arn:aws:ec2:${place.region}:${place.accountId}:instance/${id}`;
  const world = { latencies, background, events, tell, host, instanceArn };
  const mayRegister = async (id: string) => {
    const answers = await Promise.all(agentRequests(now.assembly, id, instanceArn(id)).map(authorize));
    return answers.every((allowed) => allowed);
  };
  const ec2 = await createEc2(instances, options.instanceState ?? 'running', { ...world, mayRegister });
  const ssm = createSsm(
    assembly,
    { ...world, isOnline: ec2.isOnline, whenOnline: ec2.whenOnline },
    options.existingParameters,
  );
  const others = new Set(Object.keys(options.otherSecrets ?? {}));
  const secrets = createSecrets(assembly, { ...options.existingSecrets, ...options.otherSecrets });
  onlyToken(secrets.values(), others);
  const dynamodb = await startDynamoDb(assembly);
  const services = {
    dynamodb: dynamodb.service,
    ec2: ec2.service,
    secretsmanager: secrets.service,
    ssm: ssm.service,
    get ecr() {
      return now.services.ecr;
    },
    get lambda() {
      return now.services.lambda;
    },
    get sns() {
      return now.services.sns;
    },
  };
  const endpoint = await startEndpoint(services, authorize, onFault, gate);
  endpointUrl = endpoint.url;
  const registerCallers = ({ assembly: from, functions }: Deployed) => {
    for (const one of functions.all)
      endpoint.registerCaller(accessKeyOf(one), callerOf(one, place.accountId));
    const [hostId = options.existingInstances?.[0] ?? ''] = instancesOf(from).map(({ id }) => id);
    endpoint.registerCaller(
      HOST_KEY,
      // What an instance of one's own may do is for its owner to say.
      callerOfInstance(from, hostId) ?? {
        kind: 'operator',
        arn: `arn:aws:sts::${place.accountId}:assumed-role/own-host/${hostId}`,
      },
    );
  };
  registerCallers(now);
  endpoint.registerCaller(OPERATOR_KEY, {
    kind: 'operator',
    arn: `arn:aws:iam::${place.accountId}:user/operator`,
  });
  host.assume(credentials(HOST_KEY, place.region, endpoint.url));
  const gateway = await startGateway(() => now, place, authorize, tell);
  await Promise.all(alarmActions(assembly).map(authorize));
  now.events.startSchedules();

  return {
    apiUrl: gateway.url,
    webhookUrl: gateway.url + webhookPath(now.api.routes.map(({ key }) => key)),
    get secrets() {
      return secrets.values();
    },
    get token() {
      return onlyToken(secrets.values(), others);
    },
    parameters: ssm.parameters,
    tables: dynamodb.tables,
    get instanceIds() {
      const own = instancesOf(now.assembly).map(({ id }) => id);
      return [...own, ...(options.existingInstances ?? [])];
    },
    get subscribers() {
      return [...now.sns.subscribers.values()].flat();
    },
    operatorEnvironment: credentials(OPERATOR_KEY, place.region, endpoint.url),
    iam: first.iam,
    faults,
    async invoke(name, event) {
      const { functions } = now;
      const settings = called(functions, name);
      const payload = JSON.stringify(event);
      const invokedAs = functions.find(name) ? functions.arnOf(name) : settings.arn;
      const outcome = await functions.invoke(settings, payload, 'operator', invokedAs);
      if ('payload' in outcome) return JSON.parse(outcome.payload);
      const { errorType, errorMessage } = outcome.failure;
      throw new DrillError(`${name} failed: ${errorType}: ${errorMessage}`);
    },
    nudge(name, event) {
      now.invokeAsync(called(now.functions, name), JSON.stringify(event), 'drill');
    },
    tick: () => now.events.fireSchedules(),
    stopInstance: ec2.stop,
    instanceState: ec2.state,
    instanceType: ec2.type,
    terminateInstance: ec2.terminate,
    putParameter: ssm.putParameter,
    putSecret(arn, value) {
      others.add(arn);
      secrets.put(arn, value);
    },
    prepared: ssm.applyAssociations(),
    applyAssociations: ssm.applyAssociations,
    async redeploy(next) {
      const [before, after] = [instancesOf(now.assembly), instancesOf(next)];
      const isIn = (some: typeof before) => (one: (typeof before)[number]) =>
        some.some(({ id }) => id === one.id);
      const made = after.filter((one) => !isIn(before)(one));
      for (const { id } of before) if (!isIn(after)({ id, type: '' })) await ec2.terminate(id);
      const old = now;
      now = make(next);
      all.push(now);
      old.functions.retire(now.functions);
      old.events.retire();
      registerCallers(now);
      secrets.redeploy(next);
      now.events.startSchedules();
      await Promise.all(made.map((one) => ec2.launch(one)));
      return { prepared: ssm.redeploy(next) };
    },
    async stop() {
      // First nothing comes in any more, then what is under way ends, then what it used.
      await gateway.stop();
      await Promise.all([background.stop(), ...all.map(({ functions }) => functions.stop())]);
      await Promise.all([endpoint.stop(), dynamodb.stop(), host.stop()]);
    },
  };
}

const instancesOf = (assembly: Assembly) =>
  assembly.ofType('AWS::EC2::Instance').map(({ ref, properties }) => ({
    id: ref,
    type: String(properties.InstanceType ?? USUAL_TYPE),
  }));

const OPERATOR_KEY = 'DRILLOPERATOR0000000';
const HOST_KEY = 'DRILLHOST00000000000';
/** Of an instance whose template, if it has one, does not say. */
const USUAL_TYPE = 't3.small';

function called(functions: Functions, name: string): FunctionSettings {
  const settings = functions.all.find(({ id }) => id === name) ?? functions.find(name);
  if (settings) return settings;
  const names = functions.all.map(({ id }) => id).join(', ');
  throw new DrillError(`no function is called ${name}; the assembly has ${names}`);
}

/** No alarm goes off in a drill; whether each could tell people is asked once. */
function alarmActions(assembly: Assembly): AccessRequest[] {
  const { accountId } = assembly;
  return assembly.ofType('AWS::CloudWatch::Alarm').flatMap(({ attributes, properties }) => {
    const { AlarmActions, OKActions, InsufficientDataActions } = properties;
    const topics = [AlarmActions, OKActions, InsufficientDataActions].flatMap((actions) =>
      asList(actions ?? [], 'the actions of an alarm').map(String),
    );
    const sourceArn = attributes.Arn ?? '';
    return [...new Set(topics)].map((topic) =>
      byService('cloudwatch.amazonaws.com', 'sns:Publish', topic, { accountId, sourceArn }),
    );
  });
}

function webhookPath(routeKeys: readonly string[]): string {
  const posts = routeKeys.filter((key) => key.startsWith('POST '));
  const [only] = posts.length === 1 ? posts : posts.filter((key) => key === 'POST /failover');
  if (only) return only.slice('POST '.length);
  throw new DrillError(
    `the HTTP API has the routes ${routeKeys.join(', ')}, but the drill needs POST /failover; correct it in lib/`,
  );
}

function onlyToken(values: ReadonlyMap<string, string>, others: ReadonlySet<string>): string {
  const [token, ...more] = [...values].flatMap(([arn, value]) => (others.has(arn) ? [] : value));
  if (token !== undefined && more.length === 0) return token;
  throw new DrillError(
    `the assembly has ${values.size} secrets, but the drill needs exactly one: the webhook's token`,
  );
}
