import { CfnOutput } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

/** Names of the parameters in which site and standby show each other their certificates. */
export function linkParameters(name: string) {
  return { site: `/${name}/site/certificate`, standby: `/${name}/standby/certificate` } as const;
}

/** The parameters, with nothing in them yet. What is put into them later outlives deployments. */
export class LinkCertificates extends Construct {
  readonly site: string;
  readonly standby: string;

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    ({ site: this.site, standby: this.standby } = linkParameters(name));
    new StringParameter(this, 'Site', {
      parameterName: this.site,
      stringValue: 'none',
      description: 'Certificate of the site, written by "failover site init"',
    });
    new StringParameter(this, 'Standby', {
      parameterName: this.standby,
      stringValue: 'none',
      description: "Certificate of the standby's host, written by the host",
    });
    new CfnOutput(this, 'SiteParameter', {
      value: this.site,
      description: 'Where the site puts its certificate',
    }).overrideLogicalId('SiteCertificateParameter');
    new CfnOutput(this, 'StandbyParameter', {
      value: this.standby,
      description: 'Where the host puts its certificate',
    }).overrideLogicalId('StandbyCertificateParameter');
  }
}
