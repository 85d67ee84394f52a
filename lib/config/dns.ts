import * as v from 'valibot';
import { described } from './described.ts';
import {
  completeSecretArn,
  domainName,
  healthPath,
  hostedZoneId,
  ipv4Address,
  port,
  serviceName,
} from './values.ts';

/** `dns` of failover.yaml. */
export const dns = v.strictObject({
  service: described(serviceName, 'The service that the name stands for; it needs a `witnessUrl`.'),
  zoneId: described(hostedZoneId, 'The public hosted zone in Route 53 that holds the name.'),
  recordName: described(domainName, 'The name that clients call. The records for it are made here.'),
  siteAddress: described(ipv4Address, "The site's public IPv4 address."),
  port: described(
    v.optional(port, 443),
    'Where clients call, over HTTPS: at the site, and on the host when the name leads there. The health check asks here too.',
  ),
  healthPath: described(
    v.optional(healthPath),
    'What the health check asks the site for: 2xx or 3xx says that the site is there. `healthPath` of the service if left out.',
  ),
  certificateSecretArn: described(
    completeSecretArn,
    'A Secrets Manager secret of your own with the certificate for the name, its chain and its key, as PEM. The host looks once a day whether there is a newer one.',
  ),
});
