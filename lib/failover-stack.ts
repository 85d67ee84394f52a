import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { output } from '../lambda/contract/names.ts';
import type { Config } from './config/schema.ts';
import { Alarms } from './constructs/alarms.ts';
import { ControlPlaneDashboard } from './constructs/dashboard.ts';
import { LogMetrics } from './constructs/log-metrics.ts';
import { Notifications } from './constructs/notifications.ts';
import { Receiver } from './constructs/receiver.ts';
import { Reconciler } from './constructs/reconciler.ts';
import { StateTable } from './constructs/state-table.ts';
import { functionSettings } from './function-settings.ts';
import type { ServiceImages } from './kinds/ec2/images.ts';
import { Ec2Standby } from './kinds/ec2/standby.ts';
import { policyOf } from './policy.ts';

export type FailoverStackProps = StackProps & {
  readonly config: Config;
  /**
   * The host: an id, or the SSM parameter that holds it. Not an export of the other stack, because an
   * export in use would forbid ever replacing the instance.
   */
  readonly instance: { readonly id: string } | { readonly parameterName: string };
};

/** The control plane: receiver, reconciler, table, and the mails to people. */
export class FailoverStack extends Stack {
  readonly images: ServiceImages;

  constructor(scope: Construct, id: string, { config, instance, ...props }: FailoverStackProps) {
    super(scope, id, props);
    const instanceId =
      'id' in instance ? instance.id : StringParameter.valueForStringParameter(this, instance.parameterName);
    const notifications = new Notifications(this, 'People', config);
    const table = new StateTable(this, 'State');
    const standby = new Ec2Standby(this, config, instanceId);
    this.images = standby.images;
    const settings = functionSettings(this, config, standby);
    const reconciler = new Reconciler(this, 'Control', {
      name: config.name,
      settings: settings.reconciler,
      standby,
      table,
      topic: notifications.topic,
    });
    const receiver = new Receiver(this, 'Door', {
      name: config.name,
      settings: settings.receiver,
      table,
      reconciler: reconciler.lambda,
      ...(config.webhook.tokenSecretArn && { tokenSecretArn: config.webhook.tokenSecretArn }),
    });
    this.#watch(config, notifications, receiver, reconciler);
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
    new CfnOutput(this, output.topicArn, {
      value: notifications.topic.topicArn,
      description: 'Every transition',
    });
    new CfnOutput(this, output.reconcilerName, {
      value: reconciler.operatorName,
      description: 'What operators invoke',
    });
  }

  #watch(config: Config, notifications: Notifications, receiver: Receiver, reconciler: Reconciler): void {
    const { name } = config;
    const { topic } = notifications;
    const { api } = receiver;
    const logs = { receiverLog: receiver.log, reconcilerLog: reconciler.log };
    const logMetrics = new LogMetrics(this, 'Counted', { name, ...logs });
    const { all: alarms } = new Alarms(this, 'Alarms', {
      name,
      topic,
      api,
      receiver: receiver.lambda,
      reconciler: reconciler.lambda,
      deadLetters: reconciler.deadLetters,
      logMetrics,
      stuckSeconds: stuckSecondsOf(config),
    });
    new ControlPlaneDashboard(this, 'Panel', {
      name,
      alarms,
      api,
      receiver: receiver.lambda,
      reconciler: reconciler.lambda,
      ...logs,
      logMetrics,
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
