import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { functionName } from '../../lambda/contract/names.ts';
import type { ReceiverEnvironment } from '../../lambda/contract/settings.ts';
import type { FunctionSettings } from '../function-settings.ts';
import { FailoverFunction } from './failover-function.ts';
import type { StateTable } from './state-table.ts';

export type ReceiverProps = {
  readonly name: string;
  readonly settings: FunctionSettings['receiver'];
  readonly table: StateTable;
  readonly reconciler: IFunction;
  readonly tokenSecretArn?: string;
};

/**
 * `POST /failover`, open to the internet. Its role may record evidence and wake the reconciler, and nothing else: it
 * cannot reach the host.
 */
export class Receiver extends Construct {
  readonly url: string;
  readonly token: ISecret;
  readonly lambda: IFunction;
  readonly log: ILogGroup;
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: ReceiverProps) {
    super(scope, id);
    this.token = props.tokenSecretArn
      ? Secret.fromSecretCompleteArn(this, 'Token', props.tokenSecretArn)
      : this.#ownToken();
    ({ lambda: this.lambda, log: this.log } = this.#function(props));
    this.api = this.#api(props.name);
    this.url = `${this.api.apiEndpoint}/failover`;
  }

  #ownToken(): Secret {
    const token = new Secret(this, 'Token', {
      description: 'Bearer token that Alertmanager sends to the failover webhook',
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
    });
    Validations.of(token).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A rotation must also put the new token on the site, which AWS cannot reach: a scheduled one would end with the site not heard. "failover token rotate" does both, with both tokens valid meanwhile.',
    });
    return token;
  }

  #function(props: ReceiverProps): FailoverFunction {
    const receiver = new FailoverFunction(this, 'Receiver', {
      functionName: functionName.receiver(props.name),
      folder: 'receiver',
      description: 'Records what Alertmanager says and wakes the reconciler',
      timeout: Duration.seconds(15),
      environment: {
        ...props.settings,
        TABLE_NAME: props.table.table.tableName,
        RECONCILER_NAME: props.reconciler.functionName,
        TOKEN_SECRET_ARN: this.token.secretArn,
      } satisfies ReceiverEnvironment,
    });
    props.table.grantRecordEvidence(receiver.lambda);
    const may = (action: string, resource: string) =>
      receiver.lambda.addToRolePolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
    may('lambda:InvokeFunction', props.reconciler.functionArn);
    may('secretsmanager:GetSecretValue', this.token.secretArn);
    return receiver;
  }

  #api(apiName: string): HttpApi {
    const api = new HttpApi(this, 'Api', { apiName, createDefaultStage: false });
    const [route] = api.addRoutes({
      path: '/failover',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Integration', this.lambda),
    });
    if (route) {
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'Alertmanager can send a bearer token and cannot sign for IAM. The receiver checks the token itself before it reads the body (lambda/receiver/authenticate.ts): an authorizer would be a second function in the path of every alert, and its refusal would look the same.',
      });
    }
    new HttpStage(api, 'DefaultStage', {
      httpApi: api,
      autoDeploy: true,
      throttle: farAboveAlerts,
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.#accessLog(apiName)),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
      },
    });
    return api;
  }

  #accessLog(name: string): LogGroup {
    return new LogGroup(this, 'AccessLog', {
      // Under this prefix, log groups share one resource policy; those of an account are few.
      logGroupName: `/aws/vendedlogs/${name}/webhook`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

/**
 * API Gateway answers 429 when throttled, and Alertmanager drops what is answered 429. A service sends at
 * most nine requests a second (monitoring/alertmanager.yml: 5 + 2 + 1 + 1), a pair of Alertmanagers twice
 * that. An account has 10,000 a second and a burst of 5,000 for all its APIs, in some regions 2,500 and
 * 1,250 (docs.aws.amazon.com/apigateway/latest/developerguide/limits.html): more than that is no use.
 */
const farAboveAlerts = { rateLimit: 1000, burstLimit: 1000 };

/** Nothing here is of the caller's own words: no token gets into the log, and no quote breaks a line of it. */
const accessLogFields = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  sourceIp: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  error: '$context.error.message',
  integrationStatus: '$context.integrationStatus',
  integrationError: '$context.integrationErrorMessage',
  latencyMilliseconds: '$context.responseLatency',
};
