import { createHash, randomUUID } from 'node:crypto';

/** Where a resource is declared, and what its physical names are made of. */
export interface Place {
  readonly stack: string;
  readonly id: string;
  readonly region: string;
  readonly accountId: string;
  /** The resolved value of one property, if it is a string. */
  property(name: string): string | undefined;
  /** All properties, resolved, as one text. */
  propertiesText(...names: string[]): string;
  /** The same resource in the deployment before, if there was one. */
  readonly before: Before | undefined;
}

/** What became of a resource in the deployment before. */
export type Before = Identity & { readonly text: (...names: string[]) => string };

/** What `Ref` and `Fn::GetAtt` answer for one resource. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the drill knows of a type of resources. */
export interface ResourceType {
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
export function named(
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
export function numbered(use: ResourceType['use'], prefix: string, ...attributes: string[]): ResourceType {
  return {
    use,
    identify(place) {
      const ref = `${prefix}${digits(place, 17)}`;
      return { ref, attributes: Object.fromEntries(attributes.map((name) => [name, ref])) };
    },
  };
}

export const role: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('RoleName') ?? generatedName(place);
    const roleArn = `arn:aws:iam::${place.accountId}:role/${name}`;
    return { ref: name, attributes: { Arn: roleArn, RoleId: `AROA${digits(place, 17).toUpperCase()}` } };
  },
};

export const managedPolicy: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('ManagedPolicyName') ?? generatedName(place);
    const policyArn = `arn:aws:iam::${place.accountId}:policy/${name}`;
    return { ref: policyArn, attributes: { PolicyArn: policyArn } };
  },
};

export const instanceProfile: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('InstanceProfileName') ?? generatedName(place);
    return { ref: name, attributes: { Arn: `arn:aws:iam::${place.accountId}:instance-profile/${name}` } };
  },
};

export const logGroup: ResourceType = {
  use: 'inert',
  identify(place) {
    const name = place.property('LogGroupName') ?? generatedName(place);
    // Its ARN stands for the group and all streams in it.
    return { ref: name, attributes: { Arn: arn(place, 'logs', `log-group:${name}:*`) } };
  },
};

/** CDK gives a version a new logical id when the template of its function changes; CloudFormation keeps all others. */
export const version: ResourceType = {
  use: 'served',
  identify(place) {
    if (place.before) return place.before;
    const name = place.property('FunctionName') ?? '';
    const number = digits(place, 6);
    return { ref: `${arn(place, 'lambda', `function:${name}`)}:${number}`, attributes: { Version: number } };
  },
};

export const alias: ResourceType = {
  use: 'served',
  identify(place) {
    const [name, own] = [place.property('FunctionName'), place.property('Name')];
    return { ref: `${arn(place, 'lambda', `function:${name}`)}:${own}`, attributes: {} };
  },
};

export const topic: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('TopicName') ?? generatedName(place);
    const topicArn = arn(place, 'sns', name);
    return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
  },
};

export const subscription: ResourceType = {
  use: 'served',
  identify: (place) => ({
    ref: arn(place, 'sns', `${place.id}:${digits(place, 32)}`),
    attributes: {},
  }),
};

export const queue: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('QueueName') ?? generatedName(place, 80);
    const url = `https://sqs.${place.region}.amazonaws.com/${place.accountId}/${name}`;
    return { ref: url, attributes: { Arn: arn(place, 'sqs', name), QueueName: name, QueueUrl: url } };
  },
};

export const secret: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('Name') ?? generatedName(place);
    // AWS ends every secret's ARN with a dash and six characters of its own.
    const secretArn = arn(place, 'secretsmanager', `secret:${name}-${digits(place, 6)}`);
    return { ref: secretArn, attributes: { Id: secretArn } };
  },
};

export const table: ResourceType = {
  use: 'served',
  identify(place) {
    const name = place.property('TableName') ?? generatedName(place);
    const tableArn = arn(place, 'dynamodb', `table/${name}`);
    return { ref: name, attributes: { Arn: tableArn, TableId: randomUUID() } };
  },
};

export const api: ResourceType = {
  use: 'served',
  identify(place) {
    const id = digits(place, 10);
    return {
      ref: id,
      attributes: { ApiId: id, ApiEndpoint: `https://${id}.execute-api.${place.region}.amazonaws.com` },
    };
  },
};

/** "Update requires: Replacement" (AWS::EC2::Instance), of what our templates set. */
const replacing = ['ImageId', 'BlockDeviceMappings', 'SubnetId', 'AvailabilityZone', 'KeyName'];

export const instance: ResourceType = {
  use: 'served',
  identify(place) {
    const { before } = place;
    if (before && before.text(...replacing) === place.propertiesText(...replacing)) return before;
    const id = `i-${digits({ ...place, id: `${place.id}${before ? `, after ${before.ref}` : ''}` }, 17)}`;
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

export const elasticIp: ResourceType = {
  use: 'inert',
  identify: (place) => ({
    ref: '198.51.100.10',
    attributes: { PublicIp: '198.51.100.10', AllocationId: `eipalloc-${digits(place, 17)}` },
  }),
};

export const stage: ResourceType = {
  use: 'served',
  identify: (place) => ({ ref: place.property('StageName') ?? '$default', attributes: {} }),
};

export const key: ResourceType = {
  use: 'inert',
  identify(place) {
    const id = digits(place, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    return { ref: id, attributes: { KeyId: id, Arn: arn(place, 'kms', `key/${id}`) } };
  },
};

export const launchTemplate: ResourceType = {
  use: 'inert',
  identify(place) {
    const id = `lt-${digits(place, 17)}`;
    return {
      ref: id,
      attributes: { LaunchTemplateId: id, LatestVersionNumber: '1', DefaultVersionNumber: '1' },
    };
  },
};

export const parameter: ResourceType = {
  use: 'served',
  identify: (place) => {
    const name = place.property('Name') ?? generatedName(place);
    return { ref: name, attributes: { Type: 'String', Value: place.property('Value') ?? '' } };
  },
};
