import { one, type Pricer } from '../../cost/lines.ts';

const instance: Pricer = ({ Properties = {} }, id) => {
  const volumes: { Ebs?: { VolumeType?: string; VolumeSize?: number } }[] =
    Properties.BlockDeviceMappings ?? [];
  return volumes.flatMap(({ Ebs }) => {
    if (Ebs?.VolumeType !== 'gp3' || !Ebs.VolumeSize)
      throw new Error(
        `${id}: a volume of type ${Ebs?.VolumeType} and ${Ebs?.VolumeSize} GiB has no price; expected gp3 with a size`,
      );
    return one('host', 'disk (gp3)', 'gp3', Ebs.VolumeSize);
  });
};

/** What the host's resources cost for being there; its hours are counted by use. */
export const ec2Pricers: Readonly<Record<string, Pricer>> = {
  'AWS::EC2::Instance': instance,
  'AWS::EC2::EIP': () => one('host', 'public IPv4 address', 'publicIpv4Hour', 730),
};

/** Free of charge, whatever is done with it. */
export const ec2CostsNothing =
  /^AWS::EC2::(VPC|Subnet|RouteTable|SubnetRouteTableAssociation|Route|InternetGateway|VPCGatewayAttachment|SecurityGroup|SecurityGroupIngress|SecurityGroupEgress|LaunchTemplate|EIPAssociation|VPCCidrBlock)$/;
