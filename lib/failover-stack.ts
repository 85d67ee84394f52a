import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { documentName, output } from '../lambda/contract/names.ts';
import type { Config, DnsConfig } from './config/schema.ts';
import { Alarms } from './constructs/alarms.ts';
import { Counted } from './constructs/counted.ts';
import { LinkCertificates } from './constructs/link-certificates.ts';
import { Panel } from './constructs/panel.ts';
import { People } from './constructs/people.ts';
import { Receiver } from './constructs/receiver.ts';
import { Reconciler } from './constructs/reconciler.ts';
import { ServiceImages } from './constructs/service-images.ts';
import { StandbyDocument } from './constructs/standby-document.ts';
import { StateTable } from './constructs/state-table.ts';
import { functionSettings } from './function-settings.ts';
import { policyOf } from './policy.ts';

export type FailoverStackProps = StackProps & {
  readonly config: Config;
  /**
   * The host: an id, or the SSM parameter that holds it. Not an export of the other stack, because an
   * export in use would forbid ever replacing the instance.
   */
  readonly instance: { readonly id: string } | { readonly parameterName: string };
};

/** The control plane: the door, the one who decides, the memory, and the way to people. */
export class FailoverStack extends Stack {
  readonly images: ServiceImages;

  constructor(scope: Construct, id: string, { config, instance, ...props }: FailoverStackProps) {
    super(scope, id, props);
    const instanceId =
      'id' in instance ? instance.id : StringParameter.valueForStringParameter(this, instance.parameterName);
    const people = new People(this, 'People', config);
    const table = new StateTable(this, 'State');
    this.images = new ServiceImages(this, 'Images', config);
    const certificates = new LinkCertificates(this, 'Link', config.name);
    const documents = config.services.map(
      (service) =>
        new StandbyDocument(this, `Standby-${service.name}`, {
          service,
          instanceId,
          documentName: documentName(config.name, service.name),
          imageUri: this.images.uri(service),
          pilotLight: config.standby.pilotLight,
          certificates,
          publicDoor: config.dns?.service === service.name ? publicDoorOf(config.dns) : undefined,
        }),
    );
    const documentNames = documents.map(({ documentName }) => documentName);
    const settings = functionSettings(this, config, documentNames, instanceId);
    const reconciler = new Reconciler(this, 'Control', {
      name: config.name,
      settings: settings.reconciler,
      instanceId,
      documents,
      hostActions: hostActionsOf(config),
      table,
      topic: people.topic,
    });
    const receiver = new Receiver(this, 'Door', {
      name: config.name,
      settings: settings.receiver,
      table,
      reconciler: reconciler.lambda,
      ...(config.webhook.tokenSecretArn && { tokenSecretArn: config.webhook.tokenSecretArn }),
    });
    this.#watch(config, people, receiver, reconciler);
    new CfnOutput(this, output.webhookUrl, {
      value: receiver.url,
      description: 'FAILOVER_WEBHOOK_URL of the site',
    });
    new CfnOutput(this, output.tokenSecretArn, {
      value: receiver.token.secretArn,
      description: 'Holds the webhook token',
    });
    new CfnOutput(this, output.tableName, {
      value: table.table.tableName,
      description: 'State, evidence and history',
    });
    new CfnOutput(this, output.topicArn, { value: people.topic.topicArn, description: 'Every transition' });
    new CfnOutput(this, output.reconcilerName, {
      value: reconciler.operatorName,
      description: 'What operators invoke',
    });
    new CfnOutput(this, output.instanceId, { value: instanceId, description: 'The host of the standby' });
  }

  #watch(config: Config, people: People, receiver: Receiver, reconciler: Reconciler): void {
    const { name } = config;
    const { topic } = people;
    const { api } = receiver;
    const logs = { receiverLog: receiver.log, reconcilerLog: reconciler.log };
    const counted = new Counted(this, 'Counted', { name, ...logs });
    const { all: alarms } = new Alarms(this, 'Alarms', {
      name,
      topic,
      api,
      receiver: receiver.lambda,
      reconciler: reconciler.lambda,
      deadLetters: reconciler.deadLetters,
      counted,
      stuckSeconds: stuckSecondsOf(config),
    });
    new Panel(this, 'Panel', {
      name,
      alarms,
      api,
      receiver: receiver.lambda,
      reconciler: reconciler.lambda,
      ...logs,
      counted,
      topic,
    });
  }
}

const patienceSeconds = 300;

/** No phase but `home` and `serving` lasts longer: a drain, or one command with all its waits. Then some. */
function stuckSecondsOf(config: Config): number {
  const longest = config.services.map((service) => {
    const { drainSeconds, commandTimeoutSeconds } = policyOf(config, service);
    return Math.max(drainSeconds, commandTimeoutSeconds);
  });
  return Math.max(...longest) + patienceSeconds;
}

/** Public clients call the standby only where DNS may send them there. */
function publicDoorOf({ port, certificateSecretArn }: DnsConfig) {
  return { port, certificateSecretArn };
}

/** The reconciler may do no more to the instance than this configuration asks for. */
function hostActionsOf({ standby }: Config) {
  return [
    ...(standby.pilotLight ? (['ec2:StopInstances'] as const) : []),
    ...(standby.alternateInstanceTypes.length > 0 ? (['ec2:ModifyInstanceAttribute'] as const) : []),
  ];
}
