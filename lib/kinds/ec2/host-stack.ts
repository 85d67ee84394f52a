import { Annotations, CfnOutput, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import {
  AmazonLinuxCpuType,
  BlockDeviceVolume,
  CfnEIP,
  EbsDeviceVolumeType,
  HttpTokens,
  Instance,
  InstanceType,
  type ISecurityGroup,
  type IVpc,
  MachineImage,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  UserData,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { output, parameterName } from '../../../lambda/contract/names.ts';
import type { Config } from '../../config/schema.ts';
import { DnsFailover } from '../../constructs/dns-failover.ts';
import { ecrRegistries } from './images.ts';
import { type HostConfig, instanceTypeOf } from './schema.ts';

/** In the folder where the script keeps its state (lib/host/base.sh): there when the packages are installed. */
export const packagesMarker = 'packages-installed';
const stateFolder = '/var/lib/hybrid-failover';

export type StandbyStackProps = StackProps & { readonly config: Config; readonly host: HostConfig };

/** The pre-provisioned host: an instance with Docker and stunnel, reached by Session Manager, never by SSH. */
export class StandbyStack extends Stack {
  /** Name of the parameter that holds the instance's id. */
  readonly instanceIdParameter: string;
  readonly #role: Role;

  constructor(scope: Construct, id: string, { config, host, ...props }: StandbyStackProps) {
    super(scope, id, props);
    // One public subnet and no NAT gateway: the standby must cost next to nothing while it sleeps.
    const { availabilityZone: zone } = host;
    const made =
      host.vpcId === undefined
        ? new Vpc(this, 'Vpc', {
            ...(zone === undefined ? { maxAzs: 1 } : { availabilityZones: [zone] }),
            natGateways: 0,
            subnetConfiguration: [{ name: 'standby', subnetType: SubnetType.PUBLIC }],
          })
        : undefined;
    const vpc =
      made ??
      Vpc.fromVpcAttributes(this, 'Vpc', {
        vpcId: host.vpcId ?? '',
        availabilityZones: [zone ?? ''],
        publicSubnetIds: [host.subnetId ?? ''],
        publicSubnetRouteTableIds: [''],
      });
    this.#role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      description: 'Standby host: what the SSM agent needs, and pulling our images',
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    this.#allowCertificates(config);
    this.#allowSecrets(config);
    const instance = new Instance(this, host.generation === 1 ? 'Host' : `Host${host.generation}`, {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      instanceName: `${config.name}-standby`,
      instanceType: new InstanceType(instanceTypeOf(host)),
      machineImage: this.#machineImage(host),
      role: this.#role,
      securityGroup: this.#securityGroup(vpc, config, host),
      // Not `requireImdsv2`: that makes a launch template with a fixed name, and a second deployment in the same account
      // and region would collide with it (aws-cdk #22695). One hop keeps containers away from the role of the host.
      httpTokens: HttpTokens.REQUIRED,
      httpPutResponseHopLimit: 1,
      userData: this.#userData(config),
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(host.diskGiB, {
            encrypted: true,
            ...(host.volumeKeyArn && { kmsKey: Key.fromKeyArn(this, 'VolumeKey', host.volumeKeyArn) }),
            volumeType: EbsDeviceVolumeType.GP3,
          }),
        },
      ],
    });
    this.#accept(instance, made);
    // HAProxy needs an address that survives a stop of the instance.
    const address = new CfnEIP(this, 'Address', { domain: 'vpc', instanceId: instance.instanceId });
    // EC2 refuses an address in a VPC whose gateway is not attached yet.
    if (made) address.node.addDependency(made.node.findChild('VPCGW'));
    this.instanceIdParameter = parameterName.instanceId(config.name);
    new StringParameter(this, 'InstanceId', {
      parameterName: this.instanceIdParameter,
      stringValue: instance.instanceId,
    });
    if (config.dns) new DnsFailover(this, 'Dns', { config, dns: config.dns, address: address.attrPublicIp });
    new CfnOutput(this, output.standbyAddress, {
      value: address.attrPublicIp,
      description: 'STANDBY_ADDRESS of the site',
    });
  }

  /** Pinned, because another image is another host: what replaces a machine must be somebody's decision. */
  #machineImage({ imageId, architecture }: HostConfig) {
    if (imageId !== undefined) return MachineImage.genericLinux({ [this.region]: imageId });
    Annotations.of(this).addWarningV2(
      'hybrid-failover:machine-image',
      'standby.host.imageId is missing: a deployment after Amazon has published a newer image replaces the host. Pin it: npm run failover -- host image',
    );
    const cpuType = architecture === 'arm64' ? AmazonLinuxCpuType.ARM_64 : AmazonLinuxCpuType.X86_64;
    return MachineImage.latestAmazonLinux2023({ cpuType });
  }

  /** Lets the host pull from these and log in to their registry. */
  allowPull(repositories: readonly IRepository[]): void {
    for (const repository of repositories) repository.grantPull(this.#role);
    if (repositories.length === 0) return;
    Validations.of(this.#role.node.findChild('DefaultPolicy')).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Only ecr:GetAuthorizationToken, which knows no resource to be limited to (Service Authorization Reference). What it may pull is named by repository.',
    });
  }

  /** What cdk-nag finds here and we keep, and why. */
  #accept(instance: Instance, vpc: Vpc | undefined): void {
    if (vpc)
      Validations.of(vpc).acknowledge({
        id: 'AwsSolutions-VPC7',
        reason:
          'One instance, reached only by the site: HAProxy there logs every request that is sent here, and the security group drops the rest. Flow logs would bill the scans of a public address.',
      });
    Validations.of(this.#role).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
      reason:
        'What AWS documents for the SSM agent, and extends with it. The agent is the only way to this host, so a narrower copy that falls behind an update would end in a standby that cannot be started. It lets the host read parameters of the account, in which no secrets of this system are kept.',
    });
    Validations.of(instance).acknowledge(
      {
        id: 'AwsSolutions-EC28',
        reason:
          'Nothing is decided on metrics of the instance: HAProxy asks the service itself, and the reconciler asks EC2 for the state. Detailed monitoring costs more a month than the control plane.',
      },
      {
        id: 'AwsSolutions-EC29',
        reason:
          'The host holds no data and a deployment makes it again; termination protection would keep CloudFormation from replacing it with a newer machine image.',
      },
    );
  }

  /**
   * Show its own certificate, keep its identity, and see the one for the public name if there is one. To see the site's is allowed by
   * AWS's policy for the SSM agent already.
   */
  #allowCertificates({ name, dns }: Config): void {
    const own = [parameterName.standbyCertificate(name), parameterName.identity(name)].map((parameter) =>
      this.formatArn({ service: 'ssm', resource: 'parameter', resourceName: parameter.slice(1) }),
    );
    const allow = (action: string, ...resources: string[]) =>
      this.#role.addToPolicy(new PolicyStatement({ actions: [action], resources }));
    allow('ssm:PutParameter', ...own);
    if (dns) allow('secretsmanager:GetSecretValue', dns.certificateSecretArn);
  }

  /**
   * Fetch the secrets of the services, exactly these. Parameters are allowed by AWS's policy for the SSM agent already;
   * what is encrypted with a key of one's own needs that key too.
   */
  #allowSecrets({ services }: Config): void {
    const allow = (action: string, resources: readonly string[]) => {
      const all = [...new Set(resources)];
      if (all.length > 0) this.#role.addToPolicy(new PolicyStatement({ actions: [action], resources: all }));
    };
    const arns = services.flatMap(({ secrets }) => Object.values(secrets));
    allow(
      'secretsmanager:GetSecretValue',
      arns.filter((arn) => arn.includes(':secretsmanager:')),
    );
    allow(
      'kms:Decrypt',
      services.flatMap(({ secretKeys }) => secretKeys),
    );
  }

  #securityGroup(
    vpc: IVpc,
    { services, dns, standby: { linePort } }: Config,
    { siteCidrs, securityGroupId }: HostConfig,
  ): ISecurityGroup {
    if (securityGroupId !== undefined)
      return SecurityGroup.fromSecurityGroupId(this, 'SiteOnly', securityGroupId, { mutable: false });
    const group = new SecurityGroup(this, 'SiteOnly', {
      vpc,
      description: 'The service ports, from the site only',
      allowAllOutbound: true,
    });
    for (const cidr of siteCidrs) {
      for (const { name, port } of services)
        group.addIngressRule(Peer.ipv4(cidr), Port.tcp(port), `${name} from the site`);
      group.addIngressRule(Peer.ipv4(cidr), Port.tcp(linePort), 'The line from the site');
    }
    if (dns) {
      group.addIngressRule(Peer.anyIpv4(), Port.tcp(dns.port), `${dns.recordName} from everybody`);
      Validations.of(group).acknowledge({
        id: 'AwsSolutions-EC23',
        reason:
          'With DNS failover this one port is what clients outside call when the whole site is lost. Nobody listens there while the standby sleeps, and stunnel takes TLS only.',
      });
    }
    return group;
  }

  #userData(config: Config): UserData {
    const userData = UserData.forLinux();
    const own = `${this.account}.dkr.ecr.${this.region}.${this.urlSuffix}`;
    const logins = [own, ...ecrRegistries(config)].map((registry) => `"${registry}":"ecr-login"`);
    userData.addCommands(
      'set -euo pipefail',
      // A mirror that is away for a moment must not leave a host that is never ready.
      'again() { until "$@"; do sleep 10; done; }',
      'again dnf install -y docker amazon-ecr-credential-helper stunnel openssl',
      // Amazon Linux brings it, its minimal image does not.
      'command -v aws >/dev/null || again dnf install -y awscli-2',
      'mkdir -p /root/.docker /etc/hybrid-failover/hooks',
      `echo '{"credHelpers":{${logins.join(',')}}}' > /root/.docker/config.json`,
      'systemctl enable --now docker',
      `mkdir -p -m 700 ${stateFolder} && touch ${stateFolder}/${packagesMarker}`,
    );
    return userData;
  }
}
