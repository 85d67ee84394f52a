import { App, type AppProps, PermissionsBoundary, Tags } from 'aws-cdk-lib';
import { stackName } from '../lambda/contract/names.ts';
import { ConfigError, loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { FailoverStack } from './failover-stack.ts';
import { StandbyStack } from './kinds/ec2/host-stack.ts';

/** The app for the file that the context key `config` names, `failover.yaml` without one. @throws ConfigError */
export function appFromContext(): App {
  const app = new App();
  const file: unknown = app.node.tryGetContext('config') ?? 'failover.yaml';
  if (typeof file !== 'string') {
    throw new ConfigError(
      `context key "config": received ${JSON.stringify(file)}, expected the path of a file`,
    );
  }
  return addStacks(app, loadConfig(file));
}

export function buildApp(config: Config, props: AppProps = {}): App {
  return addStacks(new App(props), config);
}

/**
 * CloudFormation's schema of the first two has no tags (cfn-lint E3002), although CDK would give them some. A parameter
 * whose tags change is written anew with the template's value, and the certificates in it would be gone.
 */
export const untagged = ['AWS::CloudWatch::Dashboard', 'AWS::SSM::Association', 'AWS::SSM::Parameter'];

function addStacks(app: App, config: Config): App {
  const { host, instanceId = '' } = config.standby;
  const boundary = config.permissionsBoundaryArn;
  const common = {
    env: { region: config.region },
    config,
    ...(boundary && { permissionsBoundary: PermissionsBoundary.fromArn(boundary) }),
  };
  const failoverProps = { ...common, stackName: stackName.controlPlane(config.name) };
  if (host) {
    const standby = new StandbyStack(app, 'StandbyStack', {
      ...common,
      stackName: stackName.standby(config.name),
      host,
    });
    const instance = { parameterName: standby.instanceIdParameter };
    const failover = new FailoverStack(app, 'FailoverStack', { ...failoverProps, instance });
    standby.allowPull(failover.images.repositories);
    failover.addStackDependency(standby);
  } else {
    new FailoverStack(app, 'FailoverStack', { ...failoverProps, instance: { id: instanceId } });
  }
  for (const [key, value] of Object.entries({ ...config.tags, project: 'hybrid-failover' }))
    Tags.of(app).add(key, value, { excludeResourceTypes: untagged });
  return app;
}
