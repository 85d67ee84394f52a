import { App, type AppProps, Tags } from 'aws-cdk-lib';
import { ConfigError, loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { FailoverStack } from './failover-stack.ts';
import { StandbyStack } from './standby-stack.ts';

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

function addStacks(app: App, config: Config): App {
  const env = { region: config.region };
  const { host, instanceId = '' } = config.standby;
  const failoverProps = { stackName: `${config.name}-failover`, env, config };
  if (host) {
    const standby = new StandbyStack(app, 'StandbyStack', {
      stackName: `${config.name}-standby`,
      env,
      config,
      host,
    });
    const instance = { parameterName: standby.instanceIdParameter };
    const failover = new FailoverStack(app, 'FailoverStack', { ...failoverProps, instance });
    standby.allowPull(failover.images.repositories);
    failover.addStackDependency(standby);
  } else {
    new FailoverStack(app, 'FailoverStack', { ...failoverProps, instance: { id: instanceId } });
  }
  Tags.of(app).add('project', 'hybrid-failover');
  return app;
}
