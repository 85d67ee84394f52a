import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsError } from '../../../../drill/cloud/aws-error.ts';
import type { Happening } from '../../../../drill/cloud/happenings.ts';
import type { AccessRequest, Authorize } from '../../../../drill/cloud/iam/request.ts';
import type { Statement } from '../../../../drill/cloud/iam/statements.ts';
import { type Cloud, startCloud } from '../../../../drill/cloud/index.ts';
import type { Assembly } from '../../../../drill/cloud/template.ts';
import { scheduledFunction } from '../../../../drill/cloud/ticks.ts';
import { createProcessHost } from '../../../../drill/host/docker-command.ts';
import { makeKeyPair } from '../../../../drill/kit/key-pair.ts';
import { startMailSink } from '../../../../drill/kit/mail-sink.ts';
import { freePorts } from '../../../../drill/kit/tcp-ports.ts';
import { findParts } from '../../../../drill/parts/find.ts';
import { post } from '../../../../drill/scenarios/support/webhook.ts';
import { withPolicy } from '../../../../drill/stage/policy.ts';
import { recordsOf } from '../../../../drill/stage/records.ts';
import {
  apiFolder,
  type ConfigChanges,
  type Rehearsed,
  synthesize,
} from '../../../../drill/stage/rehearsed.ts';
import { troubles } from '../../../../drill/verify/checks.ts';
import { readServices } from '../../../../lambda/contract/settings.ts';
import type { Phase } from '../../../../lambda/domain/phase.ts';
import type { Policy } from '../../../../lambda/domain/policy.ts';

/** What became of a small drill: the control plane and the host, without the site. */
export interface Rehearsal {
  readonly statements: readonly Statement[];
  readonly requests: readonly AccessRequest[];
  readonly accountId: string;
  readonly denied: readonly string[];
}

/** What takes time on AWS and is not what this is about. */
const quick = {
  dispatchSeconds: 0.05,
  eventSeconds: 0.05,
  mailSeconds: 0.01,
  invocationVisibleSeconds: 0.05,
  instanceStartSeconds: 0.1,
  agentOnlineSeconds: 0.1,
  instanceStopSeconds: 0.1,
  asyncRetrySeconds: [0.05],
};
const waits = { stableSeconds: 1, cooldownSeconds: 0, drainSeconds: 0, confirmSeconds: 0 } as const;
const LIMIT_MS = 90_000;
/** Each look is preceded by an alert, as a site repeats them. */
const POLL_MS = 400;

/** Synthesizes the app as the drill does. */
export async function synthesized(workDir: string, configFile: string, changes: ConfigChanges) {
  mkdirSync(workDir, { recursive: true });
  const [standby = 0, service = 0, loopback = 0, everybody = 0, line = 0] = await freePorts(5);
  return synthesize(configFile, workDir, { standby, service, loopback, public: everybody, line }, changes);
}

/**
 * A failover and failback with everything that AWS has to allow: alerts, events, schedules, a stopped host, and
 * what goes to the dead letters.
 * @param authorize decides in place of the policies
 */
export async function rehearse(
  folder: string,
  { assembly, config }: Rehearsed,
  authorize?: Authorize,
): Promise<Rehearsal> {
  const happenings: Happening[] = [];
  const sink = await startMailSink();
  const image = {
    folder: apiFolder,
    command: [process.execPath, join(apiFolder, 'server.ts')],
    environment: { BIND_ADDRESS: '127.0.0.1' },
    portVariable: 'PORT',
  };
  const images = JSON.stringify(assembly.ofType('AWS::SSM::Document')).match(/IMAGE='([^']+)'/)?.[1] ?? '';
  const { stunnel } = await findParts(['stunnel']);
  const site = await makeKeyPair('site', folder);
  const { SiteCertificateParameter = '' } = assembly.outputs;
  const cloud = await startCloud({
    assembly,
    workDir: folder,
    host: createProcessHost(join(folder, 'host'), { [images]: image }, stunnel),
    existingParameters: { [SiteCertificateParameter]: site.certificate },
    ...(config.dns && {
      otherSecrets: {
        [config.dns.certificateSecretArn]: (await makeKeyPair(config.dns.recordName, folder)).pem,
      },
    }),
    smtpPort: sink.port,
    latencies: quick,
    environment: hurried,
    ...(authorize && { authorize }),
    onHappening: (one) => happenings.push(one),
  });
  try {
    await cloud.prepared;
    await play(cloud, assembly, happenings);
    // As every drill does in its checks.
    const denied = troubles(happenings, ['function-failed', 'dead-letter', 'webhook-refused'])
      .filter(({ held }) => !held)
      .map(({ observed }) => observed);
    const { statements, requests } = cloud.iam;
    return { statements, requests, accountId: assembly.accountId, denied };
  } finally {
    await cloud.stop();
    await sink.stop();
  }
}

/** The limits that follow from nothing in the configuration. */
const hurried = (environment: Readonly<Record<string, string>>) =>
  withPolicy(environment, { ...waits, hostIdleSeconds: 0, retrySeconds: 0.2, retryMaxSeconds: 0.5 });

async function play(cloud: Cloud, assembly: Assembly, happenings: readonly Happening[]): Promise<void> {
  const reconciler = scheduledFunction(assembly);
  const { state } = recordsOf(cloud);
  const isDenied = () => happenings.some(({ kind }) => kind === 'call-denied');
  const until = async (what: string, act: () => unknown, look: () => Promise<boolean> | boolean) => {
    const deadline = Date.now() + LIMIT_MS;
    for (;;) {
      // A drill in which something was denied has failed, and need not be played on.
      if (isDenied()) return;
      await act();
      if (await look()) return;
      if (Date.now() > deadline)
        throw new Error(`${what}: did not happen; ${JSON.stringify(await state('api'))}`);
      await delay(POLL_MS);
    }
  };
  // A self-test passes when the site has seen the standby.
  const sees = [{ name: 'Serving', labels: { site: 'primary', standby: 'up' } }];
  const says = (name: string) => () =>
    post(cloud.webhookUrl, { service: 'api', token: cloud.token }, [{ name }, ...sees]);
  const isIn = (phase: Phase) => async () => (await state('api')).phase === phase;
  const letters = () => happenings.filter(({ kind }) => kind === 'dead-letter').length;
  const { pilotLight } = firstPolicy(assembly);
  const [instance = ''] = cloud.instanceIds;

  // For a time EventBridge cannot deliver anything: that becomes dead letters, and the alerts find what it would
  // have said.
  const deliverNothing = () => {
    cloud.faults.cutTargets(true);
    cloud.tick();
  };

  if (pilotLight) {
    await until(
      'the idle host is stopped',
      says('PrimaryUp'),
      () => cloud.instanceState(instance) === 'stopped',
    );
    let refusals = 1;
    const full = new AwsError('InsufficientInstanceCapacity', 'no capacity', 500);
    cloud.faults.fail('ec2:StartInstances', full, () => refusals-- > 0);
    deliverNothing();
  } else {
    await until(
      'the host is looked at',
      says('PrimaryUp'),
      async () => (await state('api')).inspectedAt !== undefined,
    );
    deliverNothing();
    // Somebody stops it.
    await until(
      'the host is stopped',
      () => cloud.stopInstance(instance),
      () => cloud.instanceState(instance) === 'stopped',
    );
  }
  await until('the standby serves', says('PrimaryDown'), isIn('serving'));
  cloud.faults.cutTargets(false);
  cloud.tick();
  await until('the primary serves again', says('PrimaryUp'), isIn('home'));
  // What could not be sent at first is claimed again by a later look.
  await until('every mail is sent', cloud.tick, async () => (await state('api')).outbox.length === 0);
  // A nudge that fails three times becomes a dead letter too.
  const before = letters();
  const broken = new AwsError('ValidationException', 'as asked');
  const until3 = Date.now() + 3000;
  cloud.faults.fail('dynamodb:GetItem', broken, () => Date.now() < until3 && letters() === before);
  cloud.nudge(reconciler, {});
  await until(
    'a nudge fails for good',
    () => {},
    () => letters() > before,
  );
}

function firstPolicy(assembly: Assembly): Policy {
  for (const { properties } of assembly.ofType('AWS::Lambda::Function')) {
    const { Variables } = properties.Environment as { Variables: Record<string, string> };
    const [service] = 'COMMON' in Variables ? readServices(Variables) : [];
    if (service) return service.policy;
  }
  throw new Error('no function knows the services');
}
