/**
 * What it costs: `npm run cost`, with another configuration or as JSON `npm run cost -- --config FILE --json FILE`.
 * Computed from the synthesized templates and the functions themselves; see docs/cost.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load.ts';
import { type Estimate, estimate } from './estimate.ts';
import { footnote, sources, table } from './report.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: 'string', default: 'failover.yaml' }, json: { type: 'string' } },
  });
  const told = await estimate(loadConfig(values.config));
  console.log(text(told));
  if (values.json) writeFileSync(values.json, `${JSON.stringify(told, null, 2)}\n`);
}

function text(told: Estimate): string {
  const { controlPlane, host, dns, failover, region } = told;
  const optional = (title: string, bill: Estimate['host']) =>
    bill.lines.length > 0 ? [`\n${title}\n`, table(bill, false)] : [];
  return [
    `The control plane, asleep, in ${region}, a month\n`,
    table(controlPlane, true),
    ...optional('The host, asleep, a month', host),
    ...optional('DNS failover, a month', dns),
    ...optional('An outage of an hour, on top', failover),
    `\n${footnote([controlPlane, host, dns, failover])}\n\n${sources([told])}`,
  ].join('\n');
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
