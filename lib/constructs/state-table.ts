import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { attribute, partition, type RecordKind } from '../../lambda/contract/table.ts';

type Access = {
  readonly kind: RecordKind;
  readonly actions: readonly ('GetItem' | 'PutItem')[];
};

/** State, evidence and history; it outlives the stack. */
export class StateTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: attribute.partition, type: AttributeType.STRING },
      sortKey: { name: attribute.sort, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: attribute.expires,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** The receiver writes down what the site says; it cannot read or write who is in charge. */
  grantRecordEvidence(grantee: IGrantable): void {
    this.#grant(grantee, { kind: 'evidence', actions: ['GetItem', 'PutItem'] });
  }

  /** The reconciler reads evidence, keeps the state and adds to the history. */
  grantDecide(grantee: IGrantable): void {
    this.#grant(grantee, { kind: 'evidence', actions: ['GetItem'] });
    this.#grant(grantee, { kind: 'state', actions: ['GetItem', 'PutItem'] });
    this.#grant(grantee, { kind: 'history', actions: ['PutItem'] });
  }

  #grant(grantee: IGrantable, { kind, actions }: Access): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partition(kind, '*')] } },
      }),
    );
  }
}
