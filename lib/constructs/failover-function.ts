import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { bundle } from './bundle.ts';

export type FailoverFunctionProps = {
  readonly functionName: string;
  /** Folder under lambda/. */
  readonly folder: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly environment: Record<string, string>;
};

/**
 * A function with its own log group and its own role, which may write that log and nothing else yet. No
 * concurrency is reserved: that would be its upper limit too, and an account must keep 100 unreserved, so
 * that new accounts, which have 10, could not deploy it. An alarm tells when the account runs short.
 */
export class FailoverFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly log: LogGroup;

  constructor(scope: Construct, id: string, props: FailoverFunctionProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: props.description,
    });
    this.log = new LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${props.functionName}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.log.grantWrite(role);
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: props.functionName,
      description: props.description,
      code: bundle(props.folder),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: props.timeout,
      environment: props.environment,
      loggingFormat: LoggingFormat.JSON,
      logGroup: this.log,
      role,
    });
  }
}
