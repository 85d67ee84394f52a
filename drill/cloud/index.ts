import { DrillError, messageOf } from '../kit/errors.ts';
import { accessKeyOf, callerOf, credentials, sandboxEnvironment } from './credentials.ts';
import { createDeliveries } from './deliveries.ts';
import { startEndpoint } from './endpoint.ts';
import { createFaults, type Faults } from './faults.ts';
import type { FunctionSettings } from './function-settings.ts';
import { createFunctions, type Functions } from './functions.ts';
import type { Happening, Tell } from './happenings.ts';
import { createIam, type Iam } from './iam/index.ts';
import { agentRequests, callerOfInstance } from './iam/instances.ts';
import { type AccessRequest, type Authorize, byService } from './iam/request.ts';
import { DEFAULT_LATENCIES, type Latencies, startBackground } from './latencies.ts';
import { startDynamoDb } from './services/dynamodb.ts';
import { createEc2 } from './services/ec2.ts';
import { createEcr } from './services/ecr.ts';
import { startGateway } from './services/gateway.ts';
import { createLambda } from './services/lambda.ts';
import { readHttpApi } from './services/routes.ts';
import { createSecrets } from './services/secrets.ts';
import { createSns } from './services/sns.ts';
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
  /** Certificates for public names that people keep as secrets: PEM by ARN. */
  readonly certificateSecrets?: Readonly<Record<string, string>>;
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
  /** Settles when the associations of the assembly have been applied, as they are after a deployment. */
  readonly prepared: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Brings up what the assembly would deploy, with AWS's own services stood in for.
 * @throws DrillError if the assembly needs anything that the drill does not serve
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { assembly, host, workDir } = options;
  const latencies = { ...DEFAULT_LATENCIES, ...options.latencies };
  const tell: Tell = (told) => options.onHappening({ at: Date.now(), ...told } as Happening);
  const onFault = (error: unknown) => tell({ kind: 'fault', message: messageOf(error) });
  const background = startBackground(onFault);
  const place = { region: assembly.region, accountId: assembly.accountId };

  const iam = createIam(assembly, tell, options.authorize);
  const { authorize } = iam;
  let endpointUrl = '';
  const functions = createFunctions(
    assembly,
    workDir,
    (one, sandbox) => ({
      ...sandboxEnvironment(one, sandbox, place.region, endpointUrl),
      ...(options.environment ?? ((given) => given))(one.environment),
    }),
    authorize,
    tell,
  );
  const { faults, gate } = createFaults(functions.kill, tell);
  const sns = createSns(assembly, options.smtpPort, latencies.mailSeconds, background, tell);
  const { invokeAsync, events } = createDeliveries({
    assembly,
    functions,
    background,
    latencies,
    authorize,
    gate,
    publish: sns.publish,
    tell,
  });

  const instances = [
    ...assembly.ofType('AWS::EC2::Instance').map(({ ref, properties }) => ({
      id: ref,
      type: String(properties.InstanceType ?? USUAL_TYPE),
    })),
    ...(options.existingInstances ?? []).map((id) => ({ id, type: USUAL_TYPE })),
  ];
  const instanceArn = (id: string) => `arn:aws:ec2:${place.region}:${place.accountId}:instance/${id}`;
  const world = { latencies, background, events, tell, host, instanceArn };
  const mayRegister = async (id: string) => {
    const answers = await Promise.all(agentRequests(assembly, id, instanceArn(id)).map(authorize));
    return answers.every((allowed) => allowed);
  };
  const ec2 = await createEc2(instances, options.instanceState ?? 'running', { ...world, mayRegister });
  const ssm = createSsm(
    assembly,
    { ...world, isOnline: ec2.isOnline, whenOnline: ec2.whenOnline },
    options.existingParameters,
  );
  const secrets = createSecrets(assembly, { ...options.existingSecrets, ...options.certificateSecrets });
  onlyToken(secrets.values(), options.certificateSecrets);
  const api = readHttpApi(assembly, functions);
  const dynamodb = await startDynamoDb(assembly);
  const services = {
    dynamodb: dynamodb.service,
    ec2: ec2.service,
    ecr: createEcr(assembly),
    lambda: createLambda(functions, invokeAsync),
    secretsmanager: secrets.service,
    sns: sns.service,
    ssm: ssm.service,
  };
  const endpoint = await startEndpoint(services, authorize, onFault, gate);
  endpointUrl = endpoint.url;
  for (const one of functions.all) endpoint.registerCaller(accessKeyOf(one), callerOf(one, place.accountId));
  endpoint.registerCaller(OPERATOR_KEY, {
    kind: 'operator',
    arn: `arn:aws:iam::${place.accountId}:user/operator`,
  });
  const [hostId = ''] = instances.map(({ id }) => id);
  endpoint.registerCaller(
    HOST_KEY,
    // What an instance of one's own may do is for its owner to say.
    callerOfInstance(assembly, hostId) ?? {
      kind: 'operator',
      arn: `arn:aws:sts::${place.accountId}:assumed-role/own-host/${hostId}`,
    },
  );
  host.assume(credentials(HOST_KEY, place.region, endpoint.url));
  const gateway = await startGateway(api, place, functions, authorize, tell);
  await Promise.all(alarmActions(assembly).map(authorize));
  events.startSchedules();

  return {
    apiUrl: gateway.url,
    webhookUrl: gateway.url + webhookPath(api.routes.map(({ key }) => key)),
    get secrets() {
      return secrets.values();
    },
    get token() {
      return onlyToken(secrets.values(), options.certificateSecrets);
    },
    parameters: ssm.parameters,
    tables: dynamodb.tables,
    instanceIds: instances.map(({ id }) => id),
    subscribers: [...sns.subscribers.values()].flat(),
    operatorEnvironment: credentials(OPERATOR_KEY, place.region, endpoint.url),
    iam,
    faults,
    async invoke(name, event) {
      const settings = called(functions, name);
      const payload = JSON.stringify(event);
      const invokedAs = functions.find(name) ? functions.arnOf(name) : settings.arn;
      const outcome = await functions.invoke(settings, payload, 'operator', invokedAs);
      if ('payload' in outcome) return JSON.parse(outcome.payload);
      const { errorType, errorMessage } = outcome.failure;
      throw new DrillError(`${name} failed: ${errorType}: ${errorMessage}`);
    },
    nudge(name, event) {
      invokeAsync(called(functions, name), JSON.stringify(event), 'drill');
    },
    tick: events.fireSchedules,
    stopInstance: ec2.stop,
    instanceState: ec2.state,
    instanceType: ec2.type,
    prepared: ssm.applyAssociations(),
    async stop() {
      // First nothing comes in any more, then what is under way ends, then what it used.
      await gateway.stop();
      await Promise.all([background.stop(), functions.stop()]);
      await Promise.all([endpoint.stop(), dynamodb.stop(), host.stop()]);
    },
  };
}

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

function onlyToken(values: ReadonlyMap<string, string>, certificates: object = {}): string {
  const [token, ...others] = [...values].flatMap(([arn, value]) => (arn in certificates ? [] : value));
  if (token !== undefined && others.length === 0) return token;
  throw new DrillError(
    `the assembly has ${values.size} secrets, but the drill needs exactly one: the webhook's token`,
  );
}
