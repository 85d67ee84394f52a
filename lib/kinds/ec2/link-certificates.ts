import { CfnOutput } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { emptyParameter, output, parameterName } from '../../../lambda/contract/names.ts';

/** The parameters, with nothing in them yet. What is put into them later outlives deployments. */
export class LinkCertificates extends Construct {
  readonly site: string;
  readonly standby: string;
  /** Made by the host, because CloudFormation makes no encrypted parameters. */
  readonly identity: string;

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    this.site = parameterName.siteCertificate(name);
    this.standby = parameterName.standbyCertificate(name);
    this.identity = parameterName.identity(name);
    new StringParameter(this, 'Site', {
      parameterName: this.site,
      stringValue: emptyParameter,
      description: 'Certificate of the site, written by "failover site init"',
    });
    new StringParameter(this, 'Standby', {
      parameterName: this.standby,
      stringValue: emptyParameter,
      description: "Certificate of the standby's host, written by the host",
    });
    new CfnOutput(this, 'SiteParameter', {
      value: this.site,
      description: 'Where the site puts its certificate',
    }).overrideLogicalId(output.siteCertificateParameter);
    new CfnOutput(this, 'StandbyParameter', {
      value: this.standby,
      description: 'Where the host puts its certificate',
    }).overrideLogicalId(output.standbyCertificateParameter);
  }
}
