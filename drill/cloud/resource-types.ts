import { DrillError } from '../kit/errors.ts';
import {
  alias,
  api,
  elasticIp,
  type Identity,
  instance,
  instanceProfile,
  key,
  launchTemplate,
  logGroup,
  managedPolicy,
  named,
  numbered,
  type Place,
  parameter,
  queue,
  type ResourceType,
  role,
  secret,
  stage,
  subscription,
  table,
  topic,
  version,
} from './identities.ts';

/** Every resource type that a drill has been taught. Anything else stops it: nothing is passed over in silence. */
const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::ApiGatewayV2::Api': api,
  'AWS::ApiGatewayV2::Integration': numbered('served', ''),
  'AWS::ApiGatewayV2::Route': numbered('served', ''),
  'AWS::ApiGatewayV2::Stage': stage,
  'AWS::CDK::Metadata': numbered('inert', 'cdk-'),
  'AWS::CloudWatch::Alarm': named('served', 'AlarmName', 'cloudwatch', 'alarm:'),
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
  'AWS::Lambda::Alias': alias,
  'AWS::Lambda::EventInvokeConfig': numbered('served', 'eic-'),
  'AWS::Lambda::Function': named('served', 'FunctionName', 'lambda', 'function:'),
  'AWS::Lambda::Permission': numbered('served', 'perm-'),
  'AWS::Lambda::Version': version,
  'AWS::Logs::LogGroup': logGroup,
  'AWS::Logs::MetricFilter': named('inert', 'FilterName', 'logs', 'metric-filter:'),
  'AWS::Route53::HealthCheck': numbered('inert', '', 'HealthCheckId'),
  'AWS::Route53::RecordSet': numbered('inert', ''),
  'AWS::SNS::Subscription': subscription,
  'AWS::SNS::Topic': topic,
  'AWS::SNS::TopicPolicy': numbered('served', 'topicpolicy-'),
  'AWS::SQS::Queue': queue,
  'AWS::SQS::QueuePolicy': numbered('served', 'queuepolicy-'),
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
