import { fileURLToPath } from 'node:url';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { beatSeconds } from './beats.ts';
import { estimate } from './estimate.ts';
import { type Bill, bill } from './lines.ts';
import { measured } from './measured.ts';
import { type PriceName, pricesOf } from './prices.ts';
import { footnote, sources, table } from './report.ts';
import { linesOf } from './resources.ts';

/** docs/cost.md: `npm run docs` writes it, and a test fails on drift. */

const usd = (amount: number) => amount.toFixed(2);

export async function costPage(): Promise<string> {
  const file = fileURLToPath(new URL('../../failover.yaml', import.meta.url));
  const config = { ...loadConfig(file), region: 'eu-central-1' };
  const warm = await estimate(config);
  const elsewhere = await estimate({ ...config, region: 'us-east-1' });
  const pilot = await estimate(pilotLight(config));
  const dns = dnsFailover(config.region);
  const { controlPlane } = warm;
  return `# What it costs

Computed by \`npm run cost\` from the synthesized templates of \`failover.yaml\`: every resource is looked at, and one whose price nobody has looked up makes it fail. This page is what it says; \`npm run docs\` writes it. Prices are in USD, without tax, for a month of 730 hours.

| | eu-central-1 | us-east-1 |
|---|--:|--:|
| control plane asleep, list price | ${usd(controlPlane.list)} | ${usd(elsewhere.controlPlane.list)} |
| control plane asleep, after AWS's always-free allowances | ${usd(controlPlane.afterAllowances)} | ${usd(elsewhere.controlPlane.afterAllowances)} |
| warm host | ${usd(warm.host.list)} | ${usd(elsewhere.host.list)} |
| an outage of an hour, on top | ${usd(warm.failover.list)} | ${usd(elsewhere.failover.list)} |

The target is 1 USD for the control plane. After the allowances, which an account has once for all that runs in it, ${verdict(controlPlane.afterAllowances, 'eu-central-1')} and ${verdict(elsewhere.controlPlane.afterAllowances, 'us-east-1')}.

## The control plane, asleep, in eu-central-1

${table(controlPlane, true)}

${footnote([controlPlane])}

## The host

Asleep, in eu-central-1. A warm host runs and its container does not; a pilot light is stopped itself, and a failover takes a minute or more longer.

**Warm host: ${usd(warm.host.list)} USD a month**

${table(warm.host, false)}

**Pilot light: ${usd(pilot.host.list)} USD a month**, self-tests included

${table(pilot.host, false)}

An outage of an hour costs ${usd(warm.failover.list)} USD on top with a warm host, and ${usd(pilot.failover.list)} with a pilot light. Not in it: what clients download from the standby, and processor time beyond the baseline of a burstable instance.

**DNS failover: ${usd(dns.list)} USD a month**, with a zone that you may have already, and a health check over HTTPS every 10 s. 50 health checks of endpoints in AWS are free, and the site is not one.

${table(dns, false)}

An instance of your own (\`standby.instanceId\`) is not counted: it is paid for already.

## How the quantities were obtained

- **Requests, reads and writes**: the receiver and the reconciler themselves are run, with the adapters they have on AWS and a table, a secret and a log that count (\`lib/cost/simulation.ts\`): an hour of sleep with a self-test, an hour without, an hour of outage.
- **Heartbeats**: one every ${beatSeconds('PrimaryUp')} s for each service, from \`group_interval\` and \`repeat_interval\` in \`monitoring/alertmanager.yml\`. **The tick** is the rule in the template.
- **Duration of an invocation**: the median that the drill's stand-in cloud measures (\`npm run cost:measure\`, ${measured.on}): receiver ${measured.receiverMilliseconds} ms, reconciler ${measured.reconcilerMilliseconds} ms; taken ${measured.safetyFactor} times, because AWS's services are further away there and a function of 512 MB has a third of a processor.
- **Log data**: the lines that the functions write while they are run, Lambda's own two lines for each invocation, and the format of the access log, each with the 26 bytes that CloudWatch adds.
- **Not counted**, because it is less than a cent: cold starts, and the answers that leave AWS.

## Prices

Each was read where it says, on the date it says. Compare with AWS's own list before you rely on one.

${sources([warm, elsewhere, pilot])}
`;
}

function verdict(amount: number, region: string): string {
  return amount < 1 ? `${region} is below it` : `${region} is ${usd(amount - 1)} USD above it`;
}

function pilotLight(config: Config): Config {
  return { ...config, standby: { ...config.standby, pilotLight: true } };
}

/** What `failover.yaml` has no section for. */
function dnsFailover(region: string): Bill {
  const { prices } = pricesOf(region);
  const lines = linesOf({
    name: 'dns',
    region,
    resources: {
      Zone: { Type: 'AWS::Route53::HostedZone' },
      Site: {
        Type: 'AWS::Route53::HealthCheck',
        Properties: { HealthCheckConfig: { Type: 'HTTPS', RequestInterval: 10 } },
      },
    },
  });
  return bill(lines, (name) => prices[name as PriceName], {});
}
