import { CfnHealthCheck, CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { Config, DnsConfig } from '../config/schema.ts';

export type DnsFailoverProps = {
  readonly config: Config;
  readonly dns: DnsConfig;
  /** The public address of the standby's host. */
  readonly address: string;
};

/** How long resolvers keep an answer. */
const TTL_SECONDS = 30;

/**
 * One name with two addresses. Route 53's health checkers, all over the world, decide which one it has:
 * nothing is edited in an outage.
 */
export class DnsFailover extends Construct {
  constructor(scope: Construct, id: string, { config, dns, address }: DnsFailoverProps) {
    super(scope, id);
    const service = config.services.find(({ name }) => name === dns.service);
    const check = new CfnHealthCheck(this, 'Site', {
      healthCheckConfig: {
        type: 'HTTPS',
        ipAddress: dns.siteAddress,
        port: dns.port,
        // The Host header and the name in the TLS handshake; the address above is where it goes.
        fullyQualifiedDomainName: dns.recordName,
        enableSni: true,
        resourcePath: dns.healthPath ?? service?.healthPath ?? '/',
        requestInterval: 10,
        failureThreshold: 3,
      },
      healthCheckTags: [{ key: 'Name', value: `${config.name} site` }],
    });
    const record = (
      resourceId: string,
      failover: 'PRIMARY' | 'SECONDARY',
      target: string,
      healthCheckId?: string,
    ) =>
      new CfnRecordSet(this, resourceId, {
        hostedZoneId: dns.zoneId,
        name: `${dns.recordName}.`,
        type: 'A',
        ttl: String(TTL_SECONDS),
        setIdentifier: failover === 'PRIMARY' ? 'site' : 'standby',
        failover,
        resourceRecords: [target],
        ...(healthCheckId && { healthCheckId }),
      });
    record('Primary', 'PRIMARY', dns.siteAddress, check.attrHealthCheckId);
    // Without a health check: when both are down, either answer is as good.
    record('Secondary', 'SECONDARY', address);
  }
}
