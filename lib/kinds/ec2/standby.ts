import { CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { documentName, output } from '../../../lambda/contract/names.ts';
import type { Config, DnsConfig, ServiceConfig } from '../../config/schema.ts';
import type { StandbyEvent, StandbyKind } from '../kind.ts';
import { HostScript, StandbyDocument } from './document.ts';
import { packagesMarker } from './host-stack.ts';
import { ServiceImages } from './images.ts';
import { LinkCertificates } from './link-certificates.ts';

/** A standby in Docker on an EC2 instance, reached by Run Command. */
export class Ec2Standby implements StandbyKind {
  readonly images: ServiceImages;
  readonly #config: Config;
  readonly #instanceId: string;
  readonly #documents: readonly StandbyDocument[];

  /** @param stack gets the constructs directly, because their ids are names that deployed resources have */
  constructor(stack: Stack, config: Config, instanceId: string) {
    this.#config = config;
    this.#instanceId = instanceId;
    this.images = new ServiceImages(stack, 'Images', config);
    const certificates = new LinkCertificates(stack, 'Link', config.name);
    const script = new HostScript(stack, 'HostScript');
    this.#documents = config.services.map(
      (service) =>
        new StandbyDocument(stack, `Standby-${service.name}`, {
          service,
          instanceId,
          documentName: documentName(config.name, service.name),
          imageUri: this.images.uri(service),
          pilotLight: config.standby.pilotLight,
          linePort: config.standby.linePort,
          policy: config.policy,
          certificates,
          script,
          packagesMarker: config.standby.host && packagesMarker,
          publicAccess: config.dns?.service === service.name ? publicAccessOf(config.dns) : undefined,
        }),
    );
    new CfnOutput(stack, output.instanceId, { value: instanceId, description: 'The host of the standby' });
  }

  settingsOf({ name }: ServiceConfig) {
    return { document: documentName(this.#config.name, name), instanceId: this.#instanceId };
  }

  grantControl(reconciler: LambdaFunction): void {
    const may = (actions: string[], ...resources: string[]) =>
      reconciler.addToRolePolicy(new PolicyStatement({ actions, resources }));
    const host = Stack.of(reconciler).formatArn({
      service: 'ec2',
      resource: 'instance',
      resourceName: this.#instanceId,
    });
    // These documents to the standby's host, and no other to no other.
    may(['ssm:SendCommand'], ...this.#documents.map(({ arn }) => arn), host);
    const { pilotLight, alternateInstanceTypes } = this.#config.standby;
    may(
      [
        'ec2:StartInstances',
        ...(pilotLight ? ['ec2:StopInstances'] : []),
        ...(alternateInstanceTypes.length > 0 ? ['ec2:ModifyInstanceAttribute'] : []),
      ],
      host,
    );
    may(['ssm:GetCommandInvocation', 'ec2:DescribeInstances'], '*');
    const policy = reconciler.role?.node.tryFindChild('DefaultPolicy');
    if (!policy) throw new Error('the role of the reconciler has no policy of its own');
    Validations.of(policy).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'ssm:GetCommandInvocation and ec2:DescribeInstances only read, and know no resource to be limited to (Service Authorization Reference). Every other statement of this policy names its resources.',
    });
  }

  get events(): Readonly<Record<string, StandbyEvent>> {
    return {
      CommandEnded: {
        description: 'A command on the host ended',
        pattern: {
          source: ['aws.ssm'],
          detailType: ['EC2 Command Invocation Status-change Notification'],
          detail: {
            'instance-id': [this.#instanceId],
            // Not each by its name: a pattern may have 2,048 characters (EventBridge quotas).
            'document-name': [{ prefix: documentName(this.#config.name, '') }],
            status: ['Success', 'Failed', 'TimedOut', 'Cancelled'],
          },
        },
      },
      HostChanged: {
        description: 'The host started or stopped',
        pattern: {
          source: ['aws.ec2'],
          detailType: ['EC2 Instance State-change Notification'],
          detail: { 'instance-id': [this.#instanceId], state: ['running', 'stopped', 'terminated'] },
        },
      },
    };
  }
}

/** Public clients call the standby only where DNS may send them there. */
const publicAccessOf = ({ port, certificateSecretArn }: DnsConfig) => ({ port, certificateSecretArn });
