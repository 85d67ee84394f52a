import { createHash, randomUUID } from 'node:crypto';
import { DrillError } from '../errors.ts';

/** Where a resource is declared, and what its physical names are made of. */
export interface Place {
  readonly stack: string;
  readonly id: string;
  readonly region: string;
  readonly accountId: string;
  /** The resolved value of one property, if it is a string. */
  property(name: string): string | undefined;
}

/** What `Ref` and `Fn::GetAtt` answer for one resource. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface ResourceType {
  /** served: the stand-in cloud acts on it. inert: has names, but changes nothing that a drill can see. */
  readonly use: 'served' | 'inert';
  identify(place: Place): Identity;
}

/** Hexadecimal digits that are the same in every run for the same resource. */
export function digits(place: Pick<Place, 'stack' | 'id'>, length: number): string {
  return createHash('sha256').update(`${place.stack}/${place.id}`).digest('hex').slice(0, length);
}

function generatedName(place: Place, limit = 64): string {
  const suffix = digits(place, 12).toUpperCase();
  return `${`${place.stack}-${place.id}`.slice(0, limit - 13)}-${suffix}`;
}

function arn(place: Place, service: string, rest: string): string {
  return `arn:aws:${service}:${place.region}:${place.accountId}:${rest}`;
}

/** A resource with a name as its `Ref` and an ARN as its only attribute. */
function named(
  use: ResourceType['use'],
  nameProperty: string,
  service: string,
  prefix: string,
): ResourceType {
  return {
    use,
    identify(place) {
      const name = place.property(nameProperty) ?? generatedName(place);
      return { ref: name, attributes: { Arn: arn(place, service, `${prefix}${name}`) } };
    },
  };
}

/** A resource with a generated id as its `Ref`, also answered under the attribute names given. */
function numbered(use: ResourceType['use'], prefix: string, ...attributes: string[]): ResourceType {
  return {
    use,
    identify(place) {
      const ref = `${prefix}${digits(place, 17)}`;
      return { ref, attributes: Object.fromEntries(attributes.map((name) => [name, ref])) };
    },
  };
}

const role: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('RoleName') ?? generatedName(place);
    const roleArn = `arn:aws:iam::${place.accountId}:role/${name}`;
    return { ref: name, attributes: { Arn: roleArn, RoleId: `AROA${digits(place, 17).toUpperCase()}` } };
  },
};

const managedPolicy: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('ManagedPolicyName') ?? generatedName(place);
    const policyArn = `arn:aws:iam::${place.accountId}:policy/${name}`;
    return { ref: policyArn, attributes: { PolicyArn: policyArn } };
  },
};

const instanceProfile: ResourceType = {
  use: 'inert',
  identify(place) {
    const name = place.property('InstanceProfileName') ?? generatedName(place);
    return { ref: name, attributes: { Arn: `arn:aws:iam::${place.accountId}:instance-profile/${name}` } };
  },
};

const topic: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('TopicName') ?? generatedName(place);
    const topicArn = arn(place, 'sns', name);
    return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
  },
};

const subscription: ResourceType = {
  use: 'served',
  identify: (place) => ({
    ref: arn(place, 'sns', `${place.id}:${digits(place, 32)}`),
    attributes: {},
  }),
};

const queue: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('QueueName') ?? generatedName(place, 80);
    const url = `https://sqs.${place.region}.amazonaws.com/${place.accountId}/${name}`;
    return { ref: url, attributes: { Arn: arn(place, 'sqs', name), QueueName: name, QueueUrl: url } };
  },
};

const secret: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('Name') ?? generatedName(place);
    // AWS ends every secret's ARN with a dash and six characters of its own.
    const secretArn = arn(place, 'secretsmanager', `secret:${name}-${digits(place, 6)}`);
    return { ref: secretArn, attributes: { Id: secretArn } };
  },
};

const table: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('TableName') ?? generatedName(place);
    const tableArn = arn(place, 'dynamodb', `table/${name}`);
    return { ref: name, attributes: { Arn: tableArn, TableId: randomUUID() } };
  },
};

const api: ResourceType = {
  use: 'served',
  identify(place) {
    const id = digits(place, 10);
    return {
      ref: id,
      attributes: { ApiId: id, ApiEndpoint: `https://${id}.execute-api.${place.region}.amazonaws.com` },
    };
  },
};

const instance: ResourceType = {
  use: 'served',
  identify(place) {
    const id = `i-${digits(place, 17)}`;
    // TEST-NET addresses: nothing answers there, so a mistaken use of them fails at once.
    const addresses = { PrivateIp: '192.0.2.10', PublicIp: '198.51.100.10' };
    const names = {
      PrivateDnsName: `ip-192-0-2-10.${place.region}.compute.internal`,
      PublicDnsName: `ec2-198-51-100-10.${place.region}.compute.amazonaws.com`,
    };
    return {
      ref: id,
      attributes: { InstanceId: id, AvailabilityZone: `${place.region}a`, ...addresses, ...names },
    };
  },
};

const elasticIp: ResourceType = {
  use: 'inert',
  identify: (place) => ({
    ref: '198.51.100.10',
    attributes: { PublicIp: '198.51.100.10', AllocationId: `eipalloc-${digits(place, 17)}` },
  }),
};

const stage: ResourceType = {
  use: 'served',
  identify: (place) => ({ ref: place.property('StageName') ?? '$default', attributes: {} }),
};

const key: ResourceType = {
  use: 'inert',
  identify(place) {
    const id = digits(place, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    return { ref: id, attributes: { KeyId: id, Arn: arn(place, 'kms', `key/${id}`) } };
  },
};

const launchTemplate: ResourceType = {
  use: 'inert',
  identify(place) {
    const id = `lt-${digits(place, 17)}`;
    return {
      ref: id,
      attributes: { LaunchTemplateId: id, LatestVersionNumber: '1', DefaultVersionNumber: '1' },
    };
  },
};

const parameter: ResourceType = {
  use: 'served',
  identify: (place) => {
    const name = place.property('Name') ?? generatedName(place);
    return { ref: name, attributes: { Type: 'String', Value: place.property('Value') ?? '' } };
  },
};

/** Every resource type that a drill has been taught. Anything else stops it: nothing is passed over in silence. */
const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::ApiGatewayV2::Api': api,
  'AWS::ApiGatewayV2::Integration': numbered('served', ''),
  'AWS::ApiGatewayV2::Route': numbered('served', ''),
  'AWS::ApiGatewayV2::Stage': stage,
  'AWS::CDK::Metadata': numbered('inert', 'cdk-'),
  'AWS::CloudWatch::Alarm': named('inert', 'AlarmName', 'cloudwatch', 'alarm:'),
  'AWS::CloudWatch::CompositeAlarm': named('inert', 'AlarmName', 'cloudwatch', 'alarm:'),
  'AWS::CloudWatch::Dashboard': named('inert', 'DashboardName', 'cloudwatch', 'dashboard/'),
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::EC2::EIP': elasticIp,
  'AWS::EC2::EIPAssociation': numbered('inert', 'eipassoc-'),
  'AWS::EC2::Instance': instance,
  'AWS::EC2::InternetGateway': numbered('inert', 'igw-', 'InternetGatewayId'),
  'AWS::EC2::LaunchTemplate': launchTemplate,
  'AWS::EC2::Route': numbered('inert', 'r-'),
  'AWS::EC2::RouteTable': numbered('inert', 'rtb-', 'RouteTableId'),
  'AWS::EC2::SecurityGroup': numbered('inert', 'sg-', 'GroupId'),
  'AWS::EC2::SecurityGroupEgress': numbered('inert', 'sgr-'),
  'AWS::EC2::SecurityGroupIngress': numbered('inert', 'sgr-'),
  'AWS::EC2::Subnet': numbered('inert', 'subnet-', 'SubnetId'),
  'AWS::EC2::SubnetRouteTableAssociation': numbered('inert', 'rtbassoc-'),
  'AWS::EC2::VPC': numbered('inert', 'vpc-', 'VpcId', 'DefaultSecurityGroup'),
  'AWS::EC2::VPCGatewayAttachment': numbered('inert', 'vpcgw-'),
  'AWS::Events::Rule': named('served', 'Name', 'events', 'rule/'),
  'AWS::IAM::InstanceProfile': instanceProfile,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::Policy': named('served', 'PolicyName', 'iam', 'policy/'),
  'AWS::IAM::Role': role,
  'AWS::KMS::Alias': numbered('inert', 'alias-'),
  'AWS::KMS::Key': key,
  'AWS::Lambda::EventInvokeConfig': numbered('served', 'eic-'),
  'AWS::Lambda::Function': named('served', 'FunctionName', 'lambda', 'function:'),
  'AWS::Lambda::Permission': numbered('inert', 'perm-'),
  'AWS::Logs::LogGroup': named('inert', 'LogGroupName', 'logs', 'log-group:'),
  'AWS::Logs::MetricFilter': named('inert', 'FilterName', 'logs', 'metric-filter:'),
  'AWS::SNS::Subscription': subscription,
  'AWS::SNS::Topic': topic,
  'AWS::SNS::TopicPolicy': numbered('inert', 'topicpolicy-'),
  'AWS::SQS::Queue': queue,
  'AWS::SQS::QueuePolicy': numbered('inert', 'queuepolicy-'),
  'AWS::SSM::Association': numbered('served', '', 'AssociationId'),
  'AWS::SSM::Document': named('served', 'Name', 'ssm', 'document/'),
  'AWS::SSM::Parameter': parameter,
  'AWS::SecretsManager::Secret': secret,
};

/**
 * The physical identity of a resource.
 * @throws DrillError for a resource type that the drill has not been taught
 */
export function identify(type: string, place: Place): Identity {
  return known(type, place).identify(place);
}

/** Throws unless the drill knows what to do with this resource type. */
export function known(type: string, place: Pick<Place, 'stack' | 'id'>): ResourceType {
  const found = RESOURCE_TYPES[type];
  if (found) return found;
  throw new DrillError(
    `${place.stack}/${place.id} has the type ${type}, which the drill does not know; add it to drill/cloud/resource-types.ts, as served or as inert`,
  );
}
