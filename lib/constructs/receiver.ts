import { Duration } from 'aws-cdk-lib';
import { type CfnStage, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { FailoverFunction } from './failover-function.ts';
import type { StateTable } from './state-table.ts';

export type ReceiverProps = {
  readonly name: string;
  readonly services: string;
  readonly table: StateTable;
  readonly reconciler: IFunction;
  readonly tokenSecretArn?: string;
};

/** The door: POST /failover. It has no keys: it may record evidence and wake the reconciler. */
export class Receiver extends Construct {
  readonly url: string;
  readonly token: ISecret;
  readonly lambda: IFunction;

  constructor(scope: Construct, id: string, props: ReceiverProps) {
    super(scope, id);
    this.token = props.tokenSecretArn
      ? Secret.fromSecretCompleteArn(this, 'Token', props.tokenSecretArn)
      : new Secret(this, 'Token', {
          description: 'Bearer token that Alertmanager sends to the failover webhook',
          generateSecretString: { passwordLength: 43, excludePunctuation: true },
        });
    this.lambda = this.#function(props);
    const api = new HttpApi(this, 'Api', { apiName: props.name, createDefaultStage: true });
    api.addRoutes({
      path: '/failover',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Integration', this.lambda),
    });
    throttleFarAboveAlerts(api);
    this.url = `${api.apiEndpoint}/failover`;
  }

  #function(props: ReceiverProps): IFunction {
    const { lambda } = new FailoverFunction(this, 'Receiver', {
      functionName: `${props.name}-receiver`,
      folder: 'receiver',
      description: 'Records what Alertmanager says and wakes the reconciler',
      timeout: Duration.seconds(15),
      environment: {
        SERVICES: props.services,
        TABLE_NAME: props.table.table.tableName,
        RECONCILER_NAME: props.reconciler.functionName,
        TOKEN_SECRET_ARN: this.token.secretArn,
      },
    });
    props.table.grantRecordEvidence(lambda);
    props.reconciler.grantInvoke(lambda);
    lambda.addToRolePolicy(
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.token.secretArn] }),
    );
    return lambda;
  }
}

/** API Gateway answers 429 when throttled, and Alertmanager drops what is answered 429. */
function throttleFarAboveAlerts(api: HttpApi): void {
  const stage = api.defaultStage?.node.defaultChild as CfnStage;
  stage.defaultRouteSettings = { throttlingRateLimit: 1000, throttlingBurstLimit: 2000 };
}
