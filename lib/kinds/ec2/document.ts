import { createHash } from 'node:crypto';
import { CfnMapping, CfnOutput, Fn, Stack, Token } from 'aws-cdk-lib';
import { CfnAssociation, CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import {
  type DocumentParameters,
  documentParameters,
  hostActions,
  noDecision,
} from '../../../lambda/contract/document.ts';
import { lockWaitSeconds, scriptSeconds, wakeLeaseSeconds } from '../../../lambda/contract/durations.ts';
import type { Site } from '../../../lambda/domain/phase.ts';
import { hooksOf } from '../../config/hooks.ts';
import { loopbackPortOf } from '../../config/loopback-port.ts';
import type { Config, ServiceConfig } from '../../config/schema.ts';
import { hostScript } from '../../host/script.ts';
import type { LinkCertificates } from './link-certificates.ts';

const sites: readonly Site[] = ['primary', 'standby'];

/**
 * The script that all documents have in common. It stands in the template once: with a copy for each service, a
 * template of the greatest size (1 MB, CloudFormation quotas) would hold 26 services.
 */
export class HostScript extends Construct {
  readonly lines = hostScript();
  /** As one text with a line for each. */
  readonly text: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const mapping = new CfnMapping(this, 'Lines', { mapping: { script: { lines: this.lines } } });
    this.text = Fn.join('\n', Token.asList(mapping.findInMap('script', 'lines')));
  }
}

export type StandbyDocumentProps = {
  readonly service: ServiceConfig;
  readonly documentName: string;
  readonly instanceId: string;
  readonly imageUri: string;
  /** The host sleeps too, and Docker starts the container when it boots. */
  readonly pilotLight: boolean;
  /** Where the site calls to wake the standby. */
  readonly linePort: number;
  readonly policy: Config['policy'];
  readonly certificates: LinkCertificates;
  /** What each document runs after its settings. */
  readonly script: HostScript;
  /** The file that says that the packages of the host are installed; undefined for a host of one's own. */
  readonly packagesMarker: string | undefined;
  /** Where public clients reach the standby if DNS sends them there, and the secret with its certificate. */
  readonly publicAccess: { readonly port: number; readonly certificateSecretArn: string } | undefined;
};

/**
 * What may be run on the host for one service: our script, with everything fixed but the action and
 * two numbers. The right to send it is the right to start and stop the standby, and nothing else.
 */
export class StandbyDocument extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: StandbyDocumentProps) {
    super(scope, id);
    const { service, documentName, instanceId, script } = props;
    const settings = settingsLines(this, props);
    const document = new CfnDocument(this, 'Document', {
      name: documentName,
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      updateMethod: 'NewVersion',
      content: documentContent(service, [...settings, script.text]),
    });
    this.arn = Stack.of(this).formatArn({
      service: 'ssm',
      resource: 'document',
      resourceName: document.ref,
    });
    // Pulls ahead, creates the container and takes up certificates, on each change of the script and once a day.
    const prepare = new CfnAssociation(this, 'Prepare', {
      name: document.ref,
      documentVersion: '$LATEST',
      associationName: `${documentName}-${contentHash(this, [...settings, ...script.lines])}`,
      targets: [{ key: 'InstanceIds', values: [instanceId] }],
      parameters: documentParameters('prepare', noDecision),
      scheduleExpression: 'rate(1 day)',
      complianceSeverity: 'HIGH',
    });
    new CfnOutput(this, 'Name', {
      value: document.ref,
      description: `Starts, stops and prepares the standby of ${service.name}`,
    }).overrideLogicalId(`DocumentName${capitalised(service.name)}`);
    // It reads their parameters.
    prepare.node.addDependency(props.certificates);
  }
}

function documentContent(service: ServiceConfig, script: readonly string[]) {
  return {
    schemaVersion: '2.2',
    description: `hybrid-failover: start, stop, prepare or inspect the standby of ${service.name}`,
    parameters: {
      action: {
        type: 'String',
        description: 'What to do',
        allowedValues: [...hostActions],
      },
      epoch: { type: 'String', description: 'The decision it carries out', allowedPattern: '^[0-9]{1,15}$' },
      serial: { type: 'String', description: 'Grows with every command', allowedPattern: '^[0-9]{1,15}$' },
      inCharge: { type: 'String', description: 'The site in charge', allowedValues: [...sites] },
      wakeFrom: {
        type: 'String',
        description: 'From when on the site may wake the standby, in Unix seconds',
        allowedPattern: '^[0-9]{1,12}$',
      },
    } satisfies Record<keyof DocumentParameters, object>,
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: 'standby',
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: {
          timeoutSeconds: String(scriptSeconds(service)),
          runCommand: script,
        },
      },
    ],
  };
}

/** How the container is kept in: no more privileges than it begins with, and no more of the host than it needs. */
function containerArguments({ volumes, tmpfs, pidsLimit, user, newPrivileges }: ServiceConfig['container']) {
  return [
    ...(newPrivileges ? [] : ['--security-opt', 'no-new-privileges']),
    '--pids-limit',
    String(pidsLimit),
    ...(user === undefined ? [] : ['--user', user]),
    ...volumes.flatMap((volume) => ['--volume', volume]),
    ...tmpfs.flatMap((path) => ['--tmpfs', path]),
  ];
}

function settingsLines(scope: Construct, props: StandbyDocumentProps): string[] {
  const { service, imageUri, pilotLight, certificates, publicAccess, packagesMarker, linePort, policy } =
    props;
  const environment = { SITE: 'standby', ...service.environment };
  const { memoryMiB } = service.container;
  const args = [
    ...containerArguments(service.container),
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ].map(quote);
  return [
    '#!/bin/bash',
    "ACTION='{{ action }}'",
    "EPOCH='{{ epoch }}'",
    "SERIAL='{{ serial }}'",
    "IN_CHARGE='{{ inCharge }}'",
    "WAKE_FROM='{{ wakeFrom }}'",
    `SERVICE=${quote(service.name)}`,
    `IMAGE=${Token.isUnresolved(imageUri) ? `'${imageUri}'` : quote(imageUri)}`,
    `SITE_PORT=${service.port}`,
    `LOOPBACK_PORT=${loopbackPortOf(service)}`,
    `CONTAINER_PORT=${service.containerPort ?? service.port}`,
    `HEALTH_PATH=${quote(service.healthPath)}`,
    `START_TIMEOUT_SECONDS=${service.startTimeoutSeconds}`,
    `STOP_GRACE_SECONDS=${service.stopGraceSeconds}`,
    `HOOK_TIMEOUT_SECONDS=${service.hookTimeoutSeconds}`,
    `LOCK_WAIT_SECONDS=${lockWaitSeconds(service)}`,
    `PILOT_LIGHT=${pilotLight}`,
    `SLEEP=${service.sleep}`,
    `LINE_PORT=${linePort}`,
    `MAY_WAKE=${quote(mayWake(props))}`,
    `LEASE_SECONDS=${wakeLeaseSeconds}`,
    `DRAIN_SECONDS=${policy.drainSeconds}`,
    `MEMORY=${memoryMiB === undefined ? '' : `${memoryMiB}m`}`,
    `CREATE_ARGS=(${args.join(' ')})`,
    `COMMAND=(${(service.container.command ?? []).map(quote).join(' ')})`,
    `SECRETS=(${Object.entries(service.secrets)
      .map(([name, arn]) => quote(`${name}=${arn}`))
      .join(' ')})`,
    `HOOKS=(${hooksOf(service)
      .map(({ name, content }) => quote(`${name}=${content.toString('base64')}`))
      .join(' ')})`,
    `PACKAGES_MARKER=${quote(packagesMarker ?? '')}`,
    `REGION='${Stack.of(scope).region}'`,
    `SITE_CERTIFICATE_PARAMETER=${quote(certificates.site)}`,
    `STANDBY_CERTIFICATE_PARAMETER=${quote(certificates.standby)}`,
    `IDENTITY_PARAMETER=${quote(certificates.identity)}`,
    `PUBLIC_PORT=${publicAccess?.port ?? '-'}`,
    `PUBLIC_CERTIFICATE_SECRET=${quote(publicAccess?.certificateSecretArn ?? '-')}`,
  ];
}

/** `yes`, or why the site may not wake it. */
function mayWake({ pilotLight, policy }: StandbyDocumentProps): string {
  if (!policy.startOnSuspicion) return 'its start has side effects (policy.startOnSuspicion is false)';
  return pilotLight ? 'its host sleeps too (standby.pilotLight), and starts it when it boots' : 'yes';
}

function contentHash(scope: Construct, script: readonly string[]): string {
  const resolved = JSON.stringify(Stack.of(scope).resolve(script));
  return createHash('sha256').update(resolved).digest('hex').slice(0, 12);
}

/** `my-shop` is `MyShop`: the names of outputs have no hyphens. */
function capitalised(name: string): string {
  return name.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** For the shell: one word, taken literally. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
